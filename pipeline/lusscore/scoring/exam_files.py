"""The clips among the files and folders that a person points at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lusscore.clips import (
    IMAGE_SUFFIXES,
    has_known_suffix,
    is_broken_link,
    is_clip,
    is_left_behind,
    listing,
    natural_order,
)
from lusscore.errors import ExamError

_LAST_NUMBER = re.compile(r"\d+(?!.*\d)")
_ZONE = re.compile(r"(?:.*[^a-z0-9])?[lr][ _.-]?[1-9]", re.IGNORECASE)


@dataclass(frozen=True)
class FoundClip:
    """A clip (a file, or a folder of images), and the names that may give its zone.

    `name` is that of the file without its suffix, or what the names of a folder's images share.
    `folders` are the names of the folders from the one it lies in outwards, without the one that
    was given; a folder of images is the first of its own folders. `top` is the folder given, and
    the folder directly in it in which the clip lies.
    """

    path: Path
    name: str
    folders: tuple[str, ...]
    top: tuple[Path, str]


def find_clips(paths: Sequence[Path]) -> tuple[list[FoundClip], list[str]]:
    """Find the clips below folders and among files, each once, in the natural order of paths.

    Hidden files and those that systems leave behind are passed over. Returned are the clips, and
    the names of the files that are no clips.

    Raises
    ------
    ExamError
        If a path does not exist, or a folder cannot be read.
    """
    walk = _Walk()
    try:
        missing = [str(path) for path in paths if not path.exists()]
        if missing:
            raise ExamError(
                f"There is nothing at {', '.join(missing)}; check the path or mount the drive."
            )
        for path in sorted(paths, key=natural_order):
            walk.take(path)
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise ExamError(
            f"{error.filename or 'A path'} cannot be read ({why}); check that you may open it."
        ) from None
    found = sorted(walk.found, key=lambda clip: natural_order(clip.path))
    return found, sorted(walk.ignored, key=lambda name: natural_order(Path(name)))


@dataclass
class _Walk:
    found: list[FoundClip] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    seen: set[object] = field(default_factory=set)

    def take(self, path: Path) -> None:
        """Take in what was given, even if it is hidden."""
        if not self._is_new(path):
            return
        if path.is_dir():
            self._search(path, (), (path, ""))
        elif is_clip(path):
            self.found.append(FoundClip(path, _bare(path), (), (path.parent, "")))
        elif not is_left_behind(path):
            self.ignored.append(path.name)

    def _is_new(self, path: Path) -> bool:
        """Tell whether the file or folder was not met yet, under this or another name."""
        status = path.stat()
        # some network drives number no files
        key = (status.st_dev, status.st_ino) if status.st_ino else path.resolve()
        new = key not in self.seen
        self.seen.add(key)
        return new

    def _search(self, folder: Path, folders: tuple[str, ...], top: tuple[Path, str]) -> None:
        inside = listing(folder)
        files = [path for path in inside if path.is_file()]
        images = [path for path in files if path.suffix.lower() in IMAGE_SUFFIXES]
        shared = sequence_name([image.stem for image in images])
        if shared is not None:
            # the folder that was given is a clip's own name here
            names = folders or (folder.resolve().name,)
            self.found.append(FoundClip(folder, shared, names, top))
            files = [path for path in files if path not in images]
        for path in inside:
            if is_broken_link(path) and has_known_suffix(path):  # whose scoring says so
                self.found.append(FoundClip(path, _bare(path), folders, top))
        for path in files:
            if not is_clip(path):
                self.ignored.append(path.name)
            elif self._is_new(path):
                self.found.append(FoundClip(path, _bare(path), folders, top))
        for path in inside:
            if path.is_dir() and self._is_new(path):
                self._search(path, (path.name, *folders), (top[0], top[1] or path.name))


def _bare(path: Path) -> str:
    """Return the name without a clip's suffix; exports name files ``IM.12`` or ``1.2.840``."""
    return path.stem if has_known_suffix(path) else path.name


def sequence_name(names: Sequence[str]) -> str | None:
    """Return what the names of a folder's images share if they are the frames of one clip.

    They are where the names, without suffixes, differ by their last number alone. Otherwise each
    image is a clip by itself (None), as where the numbers may be zones: ``R1``, ``R2``, ``R3``.
    """
    shared = {_LAST_NUMBER.sub("", name) for name in names}
    if len(names) < 2 or len(shared) > 1 or not all(map(_LAST_NUMBER.search, names)):
        return None
    return None if all(map(_ZONE.fullmatch, names)) else shared.pop()

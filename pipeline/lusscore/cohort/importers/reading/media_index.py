"""Finding the clip that a label names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import takewhile
from pathlib import Path, PurePosixPath, PureWindowsPath

from lusscore.clips import IMAGE_SUFFIXES, is_clip, listing


class MediaIndex:
    """All clips below a folder, found by path, by name, or by name without suffix.

    Parameters
    ----------
    folder
        Where the clips are; it is searched once, and only if a clip does not lie where its
        label says.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @cached_property
    def clips(self) -> tuple[Path, ...]:
        """All clips below the folder, in order: files, and folders that hold images."""
        return tuple(sorted(_walk(self.folder)))

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        names: dict[str, list[Path]] = {}
        for clip in self.clips:
            for name in {clip.name.lower(), clip.stem.lower()}:
                names.setdefault(name, []).append(clip)
        return names

    def find(self, written: str) -> Path:
        """Find a clip.

        Parameters
        ----------
        written
            A path relative to the folder or absolute, with either kind of slash; or only the
            last part or parts of one. The suffix may be missing; capitals do not matter.

        Returns
        -------
        Path
            Absolute.

        Raises
        ------
        LookupError
            If there is no such clip or more than one; the text says so, as a clause.
        """
        # a Windows path is also taken apart elsewhere, since exports travel
        parts = PureWindowsPath(written).parts if "\\" in written else PurePosixPath(written).parts
        direct = self._at(parts)
        if direct is not None:
            return direct
        wanted = tuple(part for part in parts if part not in (".", ".."))
        found = self._named(wanted[-1]) if wanted else []
        if len(found) > 1:
            best = max(_shared_folders(clip, wanted) for clip in found)
            found = [clip for clip in found if _shared_folders(clip, wanted) == best]
        found = [clip for clip in found if self._may_be(clip, wanted)]
        if not found:
            raise LookupError(f"{written!r} is not in {self.folder}; expected a clip of that name")
        if len(found) > 1:
            there = ", ".join(clip.relative_to(self.folder).as_posix() for clip in found[:4])
            raise LookupError(f"{written!r} may be any of {there}; give the path")
        return found[0]

    def find_end(self, parts: Sequence[str]) -> Path:
        """Find a clip by as much of the end of its path as agrees with the folders here.

        Raises
        ------
        LookupError
            As :meth:`find`, of the file's name alone.
        """
        for start in range(len(parts)):
            try:
                return self.find("/".join(parts[start:]))
            except LookupError as error:
                failure = error
        raise failure if parts else LookupError("no file is named")

    def _at(self, parts: tuple[str, ...]) -> Path | None:
        """Return what lies at a path, if it is below the folder or elsewhere but not above it."""
        try:
            path = self.folder.joinpath(*parts).resolve(strict=True)
        except (OSError, ValueError):
            return None
        return None if path in (self.folder, *self.folder.parents) else path

    def _may_be(self, clip: Path, wanted: tuple[str, ...]) -> bool:
        """Tell whether a clip of the right name may be meant.

        In a folder of another name than the one written it may be another patient's ``R1.mp4``.
        """
        in_a_folder = clip.parent != self.folder
        return len(wanted) < 2 or not in_a_folder or _shared_folders(clip, wanted) > 0

    def _named(self, name: str) -> list[Path]:
        """Return the clips of that name: as written, else in any case, else without suffix."""
        found = self._by_name.get(name.lower(), [])
        as_written = [clip for clip in found if clip.name == name]
        whole = [clip for clip in found if clip.name.lower() == name.lower()]
        return as_written or whole or found


def path_parts(written: str) -> tuple[str, ...]:
    """Divide a path that was written elsewhere, leaving out what leads upwards or to a drive.

    A clip lies below the folder in which it is looked for.
    """
    parts = written.replace("\\", "/").replace("\0", "").split("/")
    return tuple(part for part in parts if part not in ("", ".", "..") and ":" not in part)


def _shared_folders(clip: Path, wanted: tuple[str, ...]) -> int:
    """Count the folders, from the last one up, that a clip's path shares with the one wanted."""
    pairs = zip(reversed(clip.parent.parts), reversed(wanted[:-1]), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].lower() == pair[1].lower(), pairs))


def _walk(folder: Path, *, top: bool = True) -> Iterator[Path]:
    paths = listing(folder)
    files = [path for path in paths if path.is_file()]
    yield from (path for path in files if is_clip(path))
    if not top and any(path.suffix.lower() in IMAGE_SUFFIXES for path in files):
        yield folder
    for path in paths:
        # a link may lead back to where the walk came from
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path, top=False)

"""The clips that labels name: where they lie, and which frames seconds mean in them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import takewhile
from pathlib import Path, PurePosixPath, PureWindowsPath

from lusscore.clips import IMAGE_SUFFIXES, clip_times, count_frames, is_clip, listing
from lusscore.cohort.segments import Segment
from lusscore.errors import ClipError
from lusscore.files import nfc, same_name

# half of the shortest step that a container's clock usually has; times are written rounded
_TOLERANCE = 0.0005


class MissingClipError(LookupError):
    """There is no clip of that name."""


class MediaIndex:
    """All clips below a folder, found by path, by name, or by name without suffix.

    The folder is searched once, and only if a clip does not lie where its label says.
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
            for name in {same_name(clip.name), same_name(clip.stem)}:
                names.setdefault(name, []).append(clip)
        return names

    def find(self, written: str) -> Path:
        """Find a clip by a path relative to the folder or absolute, or the last parts of one.

        Either kind of slash will do, the suffix may be missing, and capitals do not matter.
        Raises LookupError, whose text is a clause, for no such clip or more than one.
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
        # in a folder of another name than the one written it may be another patient's R1.mp4
        found = [
            clip
            for clip in found
            if len(wanted) < 2 or clip.parent == self.folder or _shared_folders(clip, wanted)
        ]
        if not found:
            raise MissingClipError(
                f"{written!r} is not in {self.folder}; expected a clip of that name"
            )
        if len(found) > 1:
            there = ", ".join(clip.relative_to(self.folder).as_posix() for clip in found[:4])
            raise LookupError(f"{written!r} may be any of {there}; give the path")
        return found[0]

    def find_end(self, parts: Sequence[str]) -> Path:
        """Find a clip by as much of the end of its path as agrees; raise as :meth:`find`."""
        failure = LookupError("no file is named")
        for start in range(len(parts)):
            try:
                return self.find("/".join(parts[start:]))
            except LookupError as error:
                failure = error
        raise failure

    def _at(self, parts: tuple[str, ...]) -> Path | None:
        """Return what lies at a path, unless it is the folder or above it."""
        try:
            path = self.folder.joinpath(*parts).resolve(strict=True)
        except (OSError, ValueError):
            return None
        return None if path in (self.folder, *self.folder.parents) else path

    def _named(self, name: str) -> list[Path]:
        """Return the clips of that name: as written, else in any case, else without suffix."""
        found = self._by_name.get(same_name(name), [])
        as_written = [clip for clip in found if nfc(clip.name) == nfc(name)]
        whole = [clip for clip in found if same_name(clip.name) == same_name(name)]
        return as_written or whole or found


def path_parts(written: str) -> tuple[str, ...]:
    """Divide a path that was written elsewhere, leaving out what leads upwards or to a drive."""
    parts = written.replace("\\", "/").replace("\0", "").split("/")
    return tuple(part for part in parts if part not in ("", ".", "..") and ":" not in part)


def _shared_folders(clip: Path, wanted: tuple[str, ...]) -> int:
    """Count the folders, from the last one up, that a clip's path shares with the one wanted."""
    pairs = zip(reversed(clip.parent.parts), reversed(wanted[:-1]), strict=False)
    return sum(1 for _ in takewhile(lambda pair: same_name(pair[0]) == same_name(pair[1]), pairs))


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


# labels name one clip many times, and a video must be decoded to be counted
@lru_cache(maxsize=4096)
def frame_count(path: Path) -> int:
    """Return how many frames a clip has; raise as :func:`lusscore.clips.count_frames`."""
    return count_frames(path)


@lru_cache(maxsize=4096)
def frame_times(path: Path) -> tuple[float, ...]:
    """Return when each frame of a clip is shown, in seconds since the first.

    Raises ClipError if the clip cannot be decoded, or has no clock: images have none.
    """
    times = tuple(clip_times(path))
    if any(map(math.isnan, times)):
        raise ClipError(
            "the clip has no clock, so seconds say nothing", advice="give frame numbers", path=path
        )
    return times


def frames_between(times: Sequence[float], start: float, end: float) -> tuple[int, int | None]:
    """Return the half-open range of frames shown from `start` until before `end`, in seconds.

    The end is None where it is the clip's. Where no frame is shown in that time, the range starts
    at the number of frames or at its own end.
    """
    first = bisect_left(times, start - _TOLERANCE)
    last = bisect_left(times, end - _TOLERANCE)
    return first, None if last >= len(times) else last


def frames_shown(path: Path, start: float, end: float) -> tuple[int, int | None]:
    """Return the frames of a clip that are shown from `start` to `end`, as `frames_between`.

    Raises ValueError if there are none, and ClipError as `frame_times`.
    """
    times = frame_times(path)
    first, last = frames_between(times, start, end)
    if first >= (len(times) if last is None else last):
        raise ValueError(
            f"no frame of the clip is shown from {start:g} s to {end:g} s; it lasts "
            f"{times[-1]:.2f} s"
        )
    return first, last


def label_level_of(segments: Iterable[Segment]) -> str:
    """Return the label level of segments whose clips are absolute paths.

    ``"clip"`` if any score was given to all of a moving file, so that the score of a single frame
    is weak; else ``"frame"``. Whoever scored a folder of images saw each.
    """
    weak = any(
        segment.score is not None
        and (segment.frame_start, segment.frame_end) == (0, None)
        and Path(segment.clip).suffix.lower() not in IMAGE_SUFFIXES
        and Path(segment.clip).is_file()
        for segment in segments
    )
    return "clip" if weak else "frame"

"""Videos: anything FFmpeg decodes, through PyAV; GIF files without delays, through Pillow."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from lusscore.clips.frame import ClipFacts, Frame, Region, identifying_names
from lusscore.clips.images import read_pages
from lusscore.clips.limits import MOST_FRAMES
from lusscore.clips.readers import register_reader
from lusscore.clips.video_stream import read_video_head, show_video, times_of_video

# What browsers show a picture for that gives no delay.
SECONDS_EACH = 0.1
_PICTURE, _EXTENSION, _CONTROL = 0x2C, 0x21, 0xF9


def lacks_delays(path: Path) -> bool:
    """Tell whether a file is a GIF with fewer graphic control blocks than pictures.

    FFmpeg parts a file where such a block stands, and takes pictures without one together.
    """
    if path.suffix.lower() != ".gif":
        return False
    try:
        with path.open("rb") as file:
            pictures, controls = _count_blocks(file)
    except (OSError, IndexError):
        return False
    return pictures > controls


def read_undelayed(path: Path, only: Container[int] | None) -> Iterator[Frame]:
    """Yield its pictures, a tenth of a second apart; raise ClipError as other images do."""
    for frame in read_pages(path, only):
        yield replace(frame, time=SECONDS_EACH * frame.index)


def _count_blocks(file: IO[bytes]) -> tuple[int, int]:
    """Count pictures and graphic control blocks up to the end of a whole file (GIF89a).

    Raises
    ------
    IndexError
        If the file breaks off.
    """
    head = file.read(13)
    if not head.startswith(b"GIF8"):
        return 0, 0
    file.seek(_colours(head[10]), 1)
    pictures = controls = 0
    while pictures <= MOST_FRAMES and (kind := file.read(1)[0]) in (_PICTURE, _EXTENSION):
        if kind == _PICTURE:
            pictures += 1
            file.seek(_colours(file.read(9)[8]) + 1, 1)
        else:
            controls += file.read(1)[0] == _CONTROL
        while length := file.read(1)[0]:
            file.seek(length, 1)
    return pictures, controls


def _colours(flags: int) -> int:
    """Bytes of the colour table that a descriptor announces."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".m4v", ".wmv", ".gif")


@register_reader
class VideoReader:
    """Decodes video files frame by frame."""

    kind = "video"
    suffixes: tuple[str, ...] = VIDEO_SUFFIXES

    def accepts(self, path: Path) -> bool:
        """Tell whether the suffix is that of a video."""
        return path.suffix.lower() in VIDEO_SUFFIXES

    def times(self, path: Path) -> Iterator[float]:
        """Yield the time of each frame, by decoding them all.

        Raises
        ------
        ClipError
            As for :meth:`frames`.
        """
        if lacks_delays(path):
            return (frame.time for frame in read_undelayed(path, None))
        return times_of_video(str(path))

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the frames numbered in `only` (all if None) in order of presentation.

        Raises
        ------
        ClipError
            If the file is not a video, has no picture, breaks off before its declared end, or
            is larger than :mod:`lusscore.clips.limits` allows.
        """
        if lacks_delays(path):
            return read_undelayed(path, only)
        return show_video(str(path), only)

    def facts(self, path: Path) -> ClipFacts:
        """Read size, rate and metadata of the first video stream.

        Raises
        ------
        ClipError
            If the file is not a video.
        """
        head = read_video_head(str(path))
        rate = 1 / SECONDS_EACH if lacks_delays(path) else head.rate
        return ClipFacts(
            self.kind, head.height, head.width, rate, identifiers=identifying_names(head.names)
        )

    def regions(self, path: Path) -> tuple[Region, ...]:
        """Return nothing: only DICOM declares regions."""
        return ()

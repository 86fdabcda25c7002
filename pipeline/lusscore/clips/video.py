"""Videos: anything FFmpeg decodes, through PyAV."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

from lusscore.clips.facts import ClipFacts, Region
from lusscore.clips.frame import Frame
from lusscore.clips.gif import SECONDS_EACH, lacks_delays, read_undelayed
from lusscore.clips.metadata_names import identifying_names
from lusscore.clips.readers import register_reader
from lusscore.clips.video_stream import read_video_head, show_video, times_of_video

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

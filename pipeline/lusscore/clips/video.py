"""Videos: anything FFmpeg decodes, through PyAV."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from pathlib import Path

from av.error import FFmpegError

from lusscore.clips.facts import ClipFacts
from lusscore.clips.frame import Frame
from lusscore.clips.gif import lacks_delays, read_undelayed
from lusscore.clips.metadata_names import identifying_names
from lusscore.clips.readers import register_reader
from lusscore.clips.video_stream import (
    decode_video,
    ffmpeg_reason,
    open_video,
    show_video,
    times_of_video,
    video_stream,
)
from lusscore.errors import ClipError

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
        return times_of_video(str(path), path)

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
        return show_video(str(path), path, only)

    def facts(self, path: Path) -> ClipFacts:
        """Read size, rate and metadata of the first video stream.

        The first frame is decoded: it alone knows which way up it is.

        Raises
        ------
        ClipError
            If the file is not a video.
        """
        try:
            with open_video(str(path)) as container:
                stream = video_stream(container, path)
                rate = math.nan if not stream.average_rate else float(stream.average_rate)
                names = identifying_names(container.metadata.keys() | stream.metadata.keys())
        except FFmpegError as error:
            raise ClipError(
                f"{path} cannot be opened as a video ({ffmpeg_reason(error)}); export it again."
            ) from None
        height, width = next(decode_video(str(path), path)).size
        return ClipFacts(self.kind, height, width, rate, identifiers=names)

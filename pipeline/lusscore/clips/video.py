"""Videos: anything FFmpeg decodes, through PyAV."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import VideoReformatter

from lusscore.clips.facts import ClipFacts
from lusscore.clips.frame import Frame
from lusscore.clips.readers import register_reader
from lusscore.errors import ClipError

VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".m4v", ".wmv", ".gif")


@register_reader
class VideoReader:
    """Decodes video files frame by frame."""

    kind = "video"

    def accepts(self, path: Path) -> bool:
        """Tell whether the suffix is that of a video."""
        return path.suffix.lower() in VIDEO_SUFFIXES

    def count(self, path: Path) -> int:
        """Return the number of frames, by decoding them all.

        Raises
        ------
        ClipError
            As for :meth:`frames`.
        """
        return sum(1 for _ in _decode(path))

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the frames numbered in `only` (all if None) in order of presentation.

        Raises
        ------
        ClipError
            If the file is not a video, has no picture, or breaks off before its declared end.
        """
        start = math.nan
        # One thread: threads that are started for every frame take longer than its conversion.
        converter = VideoReformatter()
        for index, image in enumerate(_decode(path)):
            time = math.nan if image.time is None else image.time
            start = time if index == 0 else start
            if only is None or index in only:
                picture = converter.reformat(image, format="rgb24", threads=1)
                rgb = np.asarray(picture.to_ndarray(), dtype=np.uint8)
                yield Frame(index, time - start, rgb)

    def facts(self, path: Path) -> ClipFacts:
        """Read size and rate of the first video stream.

        Raises
        ------
        ClipError
            If the file is not a video.
        """
        try:
            with av.open(str(path)) as container:
                if not container.streams.video:
                    raise ClipError(f"{path} holds no video stream; expected an ultrasound clip.")
                stream = container.streams.video[0]
                rate = math.nan if stream.average_rate is None else float(stream.average_rate)
                names = sorted(container.metadata.keys() | stream.metadata.keys())
                return ClipFacts(
                    self.kind, stream.height, stream.width, rate, identifiers=tuple(names)
                )
        except FFmpegError as error:
            raise ClipError(
                f"{path} cannot be opened as a video ({_reason(error)}); export it again."
            ) from None


def _decode(path: Path) -> Iterator[av.VideoFrame]:
    """Yield every picture of the first video stream, or say why that cannot be done."""
    pictures = packets = declared = 0
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ClipError(f"{path} holds no video stream; expected an ultrasound clip.")
            stream = container.streams.video[0]
            declared = stream.frames
            # One thread: clips are decoded side by side, and errors surface in order.
            stream.thread_count = 1
            for packet in container.demux(stream):
                packets += packet.size > 0
                for picture in packet.decode():
                    pictures += 1
                    yield picture
    except FFmpegError as error:
        raise ClipError(
            f"{path} cannot be decoded as a video ({_reason(error)}"
            f"{f' after {pictures} frames' if pictures else ''}); expected a complete clip such "
            "as an H.264 MP4. Export or copy it again."
        ) from None
    if pictures == 0:
        raise ClipError(f"{path} holds no frames; export or copy it again.")
    # An edit list may hide pictures, so packets and not pictures are held against the header.
    if packets < declared:
        raise ClipError(
            f"{path} breaks off: it declares {declared} frames but holds {packets}. "
            "Export or copy it again."
        )


def _reason(error: FFmpegError) -> str:
    """Return FFmpeg's own words without errno and path."""
    return (error.strerror or type(error).__name__).lower()

"""The decode loop of everything that FFmpeg decodes, files and DICOM streams alike."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import IO, Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import VideoReformatter

from lusscore.clips.frame import Frame
from lusscore.clips.limits import LARGEST_FRAME, MOST_FRAMES, check_frame_count, check_frame_size
from lusscore.clips.upright import AS_IT_IS, Turn, make_upright, read_turn, upright_size
from lusscore.errors import ClipError

# No playlists: a file must not make FFmpeg open another file or an address.
_FORMATS = (
    "mov,avi,matroska,mpeg,mpegvideo,mpegts,asf,gif,m4v,h264,hevc,ogg,flv,ivf,mxf,vc1,mjpeg,nut"
)
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
# From PyAV 19 on, metadata that are no UTF-8 are never an error.
_STRICT_METADATA = int(av.__version__.partition(".")[0]) < 19


@dataclass(frozen=True)
class Picture:
    """One decoded picture of a video stream.

    Attributes
    ----------
    image
        As FFmpeg decoded it.
    time
        Seconds on the stream's own clock; NaN where it has none.
    aspect
        Width of a pixel over its height.
    turn
        How the picture is to be turned and mirrored.
    """

    image: av.VideoFrame
    time: float
    aspect: Fraction
    turn: Turn

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) as it is shown."""
        return upright_size(self.image.height, self.image.width, self.aspect, self.turn)


@dataclass(frozen=True)
class VideoHead:
    """What a video says before its pictures are read.

    Attributes
    ----------
    height, width
        Of its first picture as it is shown.
    rate
        Pictures per second on average; NaN where the stream does not say.
    names
        Names of all metadata, of the file and of every stream in it.
    """

    height: int
    width: int
    rate: float
    names: frozenset[str]


def open_video(source: str | IO[bytes]) -> av.container.InputContainer:
    """Open a video; metadata that are no text do not hinder it."""
    lenient: dict[str, Any] = {"metadata_errors": "replace"} if _STRICT_METADATA else {}
    container: av.container.InputContainer = av.open(source, "r", options=dict(_OPTIONS), **lenient)
    return container


def video_stream(container: av.container.InputContainer) -> av.VideoStream:
    """Return the first video stream, ready to be decoded.

    Raises
    ------
    ClipError
        If there is none or its frames are too large.
    """
    if not container.streams.video:
        raise ClipError(
            "the file holds no video stream; expected an ultrasound clip", advice="leave it out"
        )
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise ClipError(
            "the file holds a video stream that no decoder fits", advice="export it as an H.264 MP4"
        )
    if stream.width and stream.height:
        check_frame_size(stream.height, stream.width)
    stream.codec_context.options = {"max_pixels": str(LARGEST_FRAME)}
    # One thread: clips are decoded side by side, and errors surface in order.
    stream.thread_count = 1
    return stream


def decode_video(source: str | IO[bytes]) -> Iterator[Picture]:
    """Yield every picture of the first video stream, in order of presentation.

    Parameters
    ----------
    source
        Path or open file that holds the video.

    Raises
    ------
    ClipError
        If it is not a video, has no picture, breaks off before its declared end, or is larger
        than :mod:`lusscore.clips.limits` allows.
    """
    pictures = packets = declared = 0
    try:
        with open_video(source) as container:
            stream = video_stream(container)
            declared = stream.frames
            check_frame_count(declared)
            rate = stream.average_rate
            for packet in container.demux(stream):
                packets += packet.size > 0
                for image in packet.decode():
                    if pictures == MOST_FRAMES:
                        check_frame_count(pictures + 1)
                    picture = _look_at(image, stream, pictures, rate)
                    check_frame_size(*picture.size)
                    pictures += 1
                    yield picture
    except FFmpegError as error:
        raise _undecodable(error, pictures) from None
    if pictures == 0:
        raise ClipError("the clip holds no frames", advice="export or copy it again")
    # An edit list may hide pictures, so packets and not pictures are held against the header.
    if packets < declared:
        raise ClipError(
            f"the clip breaks off: it declares {declared} frames but holds {packets}",
            advice="export or copy it again",
        )


def read_video_head(source: str | IO[bytes]) -> VideoHead:
    """Read a video's metadata and its first picture: it alone knows which way up it is.

    Raises
    ------
    ClipError
        As for :func:`decode_video`.
    """
    try:
        with open_video(source) as container:
            stream = video_stream(container)
            rate = float(stream.average_rate) if stream.average_rate else math.nan
            names = set(container.metadata).union(*(one.metadata for one in container.streams))
            # bytes that are no text must not reach a report, which is UTF-8
            names = {name.encode("utf-8", "replace").decode() for name in names}
            for image in container.decode(stream):
                height, width = _look_at(image, stream, 0, stream.average_rate).size
                check_frame_size(height, width)
                return VideoHead(height, width, rate, frozenset(names))
    except FFmpegError as error:
        raise _undecodable(error, 0) from None
    raise ClipError("the clip holds no frames", advice="export or copy it again")


def show_video(source: str | IO[bytes], only: Container[int] | None) -> Iterator[Frame]:
    """Yield the frames numbered in `only` (all if None), times counted from the first.

    Raises
    ------
    ClipError
        As for :func:`decode_video`.
    """
    start = math.nan
    # One thread: threads that are started for every frame take longer than its conversion.
    converter = VideoReformatter()
    for index, picture in enumerate(decode_video(source)):
        start = picture.time if index == 0 else start
        if only is None or index in only:
            try:
                plain = converter.reformat(picture.image, format="rgb24", threads=1)
                rgb = np.asarray(plain.to_ndarray(), dtype=np.uint8)
            except (FFmpegError, ValueError):
                raise ClipError(
                    "the clip holds pictures in a format that cannot be turned into colours "
                    f"(frame {index})",
                    advice="convert it to an H.264 MP4",
                ) from None
            yield Frame(
                index, picture.time - start, make_upright(rgb, picture.aspect, picture.turn)
            )


def times_of_video(source: str | IO[bytes]) -> Iterator[float]:
    """Yield the time of each frame, counted from the first; raise as :func:`decode_video`."""
    start = math.nan
    for index, picture in enumerate(decode_video(source)):
        start = picture.time if index == 0 else start
        yield picture.time - start


def _look_at(
    image: av.VideoFrame, stream: av.VideoStream, index: int, rate: Fraction | None
) -> Picture:
    guessed = index / float(rate) if rate else math.nan
    time = guessed if image.pts is None else image.time
    aspect = stream.sample_aspect_ratio
    turn = AS_IT_IS
    sides: Any = image.side_data
    if "DISPLAYMATRIX" in sides:
        turn = read_turn(np.frombuffer(sides["DISPLAYMATRIX"], dtype=np.int32))
    return Picture(image, time, aspect if aspect and aspect > 0 else Fraction(1), turn)


def _undecodable(error: FFmpegError, pictures: int) -> ClipError:
    """Say that a video cannot be decoded, in FFmpeg's own words without errno and path."""
    reason = (error.strerror or type(error).__name__).lower()
    return ClipError(
        "the file cannot be decoded as a video "
        f"({reason}{f' after {pictures} frames' if pictures else ''}); expected a complete clip "
        "such as an H.264 MP4",
        advice="export or copy it again",
    )

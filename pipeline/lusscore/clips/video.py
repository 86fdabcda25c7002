"""Videos: anything FFmpeg decodes, through PyAV; GIF files without delays, through Pillow."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import VideoReformatter

from lusscore.clips.frame import ClipFacts, Frame, identifying_names
from lusscore.clips.images import read_pages
from lusscore.clips.reader import (
    LARGEST_FRAME,
    MOST_FRAMES,
    ClipReader,
    check_frame_count,
    check_frame_size,
    damaged,
    no_frames,
)
from lusscore.clips.upright import AS_IT_IS, Turn, make_upright, read_turn, upright_size
from lusscore.errors import ClipError

# No playlists: a file must not make FFmpeg open another file or an address.
_FORMATS = (
    "mov,avi,matroska,mpeg,mpegvideo,mpegts,asf,gif,m4v,h264,hevc,ogg,flv,ivf,mxf,vc1,mjpeg,nut"
)
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
# From PyAV 19 on, metadata that are no UTF-8 are never an error.
_STRICT_METADATA = int(av.__version__.partition(".")[0]) < 19
# Formats that store no times of presentation: pictures are shown at the times at which packets
# are decoded, the first picture at the first of these.
_WITHOUT_TIMES = ("avi", "h264", "hevc", "m4v", "mpegvideo", "mjpeg")
# What browsers show a picture of a GIF for that gives no delay.
_SECONDS_EACH = 0.1
# Blocks of GIF89a.
_PICTURE, _EXTENSION, _CONTROL = 0x2C, 0x21, 0xF9


class VideoReader(ClipReader):
    """Decodes video files frame by frame."""

    kind = "video"
    suffixes = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".m4v", ".wmv", ".gif")

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the frames numbered in `only` (all if None) in order of presentation."""
        return _read_undelayed(path, only) if _lacks_delays(path) else show_video(str(path), only)

    def times(self, path: Path) -> Iterator[float]:
        """Yield the time of each frame, by decoding them all."""
        return super().times(path) if _lacks_delays(path) else times_of_video(str(path))

    def facts(self, path: Path) -> ClipFacts:
        """Read size, rate and metadata of the first video stream."""
        facts = read_video_facts(str(path))
        return replace(facts, frame_rate=1 / _SECONDS_EACH) if _lacks_delays(path) else facts


@dataclass(frozen=True)
class _Picture:
    """One decoded picture of a video stream."""

    image: av.VideoFrame
    time: float  # seconds since the first; NaN where the stream has no clock
    aspect: Fraction  # width of a pixel over its height
    turn: Turn

    def check_size(self) -> tuple[int, int]:
        """Return (height, width) as it is shown, if that is allowed."""
        size = upright_size(self.image.height, self.image.width, self.aspect, self.turn)
        check_frame_size(*size)
        return size


def open_video(source: str | IO[bytes]) -> av.container.InputContainer:
    """Open a video; metadata that are not text are no obstacle."""
    lenient: dict[str, Any] = {"metadata_errors": "replace"} if _STRICT_METADATA else {}
    container: av.container.InputContainer = av.open(source, "r", options=dict(_OPTIONS), **lenient)
    return container


def show_video(source: str | IO[bytes], only: Container[int] | None) -> Iterator[Frame]:
    """Yield the frames of a path or open file numbered in `only` (all if None).

    Raises ClipError if it is not a video, has no picture, ends before its declared end, or
    is larger than :mod:`lusscore.clips.reader` allows.
    """
    # One thread: threads that are started for every frame take longer than its conversion.
    converter = VideoReformatter()
    for index, picture in enumerate(_decode(source)):
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
            yield Frame(index, picture.time, make_upright(rgb, picture.aspect, picture.turn))


def times_of_video(source: str | IO[bytes]) -> Iterator[float]:
    """Yield the time of each frame, counted from the first; raise as :func:`show_video`."""
    return (picture.time for picture in _decode(source))


def read_video_facts(source: str | IO[bytes]) -> ClipFacts:
    """Read a video's metadata and its first picture: it alone knows which way up it is."""
    try:
        with open_video(source) as container:
            stream = _video_stream(container)
            rate = float(stream.average_rate) if stream.average_rate else math.nan
            names = set(container.metadata).union(*(one.metadata for one in container.streams))
            # bytes that are no text must not reach a report, which is UTF-8
            identifiers = identifying_names(n.encode("utf-8", "replace").decode() for n in names)
            for image in container.decode(stream):
                size = _Picture(image, 0.0, _aspect(stream), _turn(image)).check_size()
                return ClipFacts(VideoReader.kind, *size, rate, identifiers=identifiers)
    except FFmpegError as error:
        raise _undecodable(error, 0) from None
    raise no_frames()


def _decode(source: str | IO[bytes]) -> Iterator[_Picture]:
    """Yield every picture of the video stream, in order of presentation and of time."""
    pictures = packets = declared = 0
    size, turn = (0, 0), AS_IT_IS
    try:
        with open_video(source) as container:
            stream = _video_stream(container)
            declared = stream.frames
            check_frame_count(declared, stream.height or 0, stream.width or 0)
            clock = _Clock(container, stream)
            for packet in container.demux(stream):
                clock.add(packet)
                for image in packet.decode():
                    check_frame_count(pictures + 1, image.height, image.width)
                    if pictures == 0:
                        # once: PyAV keeps every picture alive whose side data were looked at
                        turn = _turn(image)
                    picture = _Picture(image, clock.time(image, pictures), _aspect(stream), turn)
                    size = _same_size(picture.check_size(), size, pictures)
                    pictures += 1
                    yield picture
            packets = clock.packets
    except FFmpegError as error:
        raise _undecodable(error, pictures) from None
    if pictures == 0:
        raise no_frames()
    # An edit list may hide pictures, so packets and not pictures are held against the header.
    if packets < declared:
        raise damaged(f"the clip is truncated: it declares {declared} frames but holds {packets}")


class _Clock:
    """Times of the pictures of a stream, in seconds since the first; they ascend.

    Where the format has no times of presentation, pictures, which come in their order, are shown
    when packets are decoded. Where times begin anew, as in files that were joined, they go on
    from the last.
    """

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        self._stream = stream
        self._decoded: list[int] | None = [] if container.format.name in _WITHOUT_TIMES else None
        self._counts_empty = container.format.name == "avi"
        self._held = 0
        self._last_dts = -1
        self._start, self._last = math.nan, -math.inf

    @property
    def packets(self) -> int:
        """Packets that were read; in AVI, with the empty ones of pictures that were dropped."""
        return max(self._held, self._last_dts + 1) if self._counts_empty else self._held

    def add(self, packet: av.Packet[Any]) -> None:
        """Look at the next packet."""
        if packet.size == 0:
            return
        self._held += 1
        if packet.dts is not None:
            self._last_dts = packet.dts
            if self._decoded is not None:
                self._decoded.append(packet.dts)

    def time(self, image: av.VideoFrame, index: int) -> float:
        """Return the time of the next picture; NaN where the stream has no clock."""
        rate = float(self._stream.average_rate or 0)
        if self._decoded is not None and index < len(self._decoded) and self._stream.time_base:
            time = float(self._decoded[index] * self._stream.time_base)
        elif image.pts is not None and self._decoded is None:
            time = image.time
        else:
            time = index / rate if rate else math.nan
        if math.isnan(self._start):
            self._start = time
        time -= self._start
        if time <= self._last:
            shift = self._last + (1 / rate if rate else 0.0) - time
            self._start -= shift
            time += shift
        self._last = time
        return time


def _turn(image: av.VideoFrame) -> Turn:
    sides: Any = image.side_data
    if "DISPLAYMATRIX" not in sides:
        return AS_IT_IS
    return read_turn(np.frombuffer(sides["DISPLAYMATRIX"], dtype=np.int32))


def _aspect(stream: av.VideoStream) -> Fraction:
    aspect = stream.sample_aspect_ratio
    return aspect if aspect and aspect > 0 else Fraction(1)


def _same_size(size: tuple[int, int], first: tuple[int, int], index: int) -> tuple[int, int]:
    """Return the size of a picture, which must be that of the first."""
    if index and size != first:
        raise ClipError(
            f"the clip changes its size from {first[1]} × {first[0]} to {size[1]} × {size[0]} "
            f"pixels at frame {index}",
            advice="divide it there",
        )
    return size


def _video_stream(container: av.container.InputContainer) -> av.VideoStream:
    """Return the video stream, ready to be decoded; an attached picture, such as a cover, is none.

    Of several streams FFmpeg's choice is taken: the one of most pictures, not the first.
    """
    attached = av.stream.Disposition.attached_pic
    stream = container.streams.best("video")
    if not isinstance(stream, av.VideoStream) or stream.disposition & attached:
        raise ClipError(
            "the file holds no video stream; expected an ultrasound clip", advice="leave it out"
        )
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


def _undecodable(error: FFmpegError, pictures: int) -> ClipError:
    """Say that a video cannot be decoded, in FFmpeg's own words without errno and path."""
    reason = (error.strerror or type(error).__name__).lower()
    return damaged(
        "the file cannot be decoded as a video "
        f"({reason}{f' after {pictures} frames' if pictures else ''}); expected a complete clip "
        "such as an H.264 MP4"
    )


def _read_undelayed(path: Path, only: Container[int] | None) -> Iterator[Frame]:
    for frame in read_pages(path, only):
        yield replace(frame, time=_SECONDS_EACH * frame.index)


def _lacks_delays(path: Path) -> bool:
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


def _count_blocks(file: IO[bytes]) -> tuple[int, int]:
    """Count pictures and graphic control blocks of a GIF; IndexError where it is truncated."""
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

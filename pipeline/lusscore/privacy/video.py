"""De-identified copies of videos: one stream of pictures, nothing beside it."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.error import FFmpegError
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from lusscore.clips import open_video
from lusscore.errors import ClipError
from lusscore.privacy.pictures import anything_to_blank, blanked, verify_lossless

_CLOCK = Fraction(1, 90_000)
_RATE = 25  # frames per second of a copy whose clip has no clock
# how pixels may be stored: planes of 8 bits for brightness and two for colour
_FORMATS = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")
# options of libx264 that keep every value; one picture after the other, in order
_LOSSLESS = {"crf": "0", "preset": "superfast", "bf": "0"}
# by codec, the filter that drops what an encoder may have written between the pictures
_ONLY_PICTURES = {
    # slices and parameter sets: what is left out is text for the decoder, SEI, and the unknown
    "h264": "filter_units=pass_types=1-5|7-8",
    "hevc": "filter_units=pass_types=0-9|16-21|32-34",
}
# H.264 stores whole squares of so many pixels, and shows as much of the last as is wanted
_BLOCK = 16
# Levels (0–255) by which pixels that only fill the last square may differ from the edge: encoders
# repeat it there and lose a little, at most 19 levels in every sixth clip of COVID-BLUES.
_LIKE_THE_EDGE = 32


def copy_video(clip: Path, copy: Path, keep: NDArray[np.bool_]) -> bool:
    """Write a de-identified copy of a video as H.264 in MP4.

    The stream is copied as it is where nothing is to be blanked and its codec allows taking the
    notes out of it. Otherwise it is encoded anew without loss. Each way is tried in turn until
    one gives a copy that, read back, shows what it must. Returns whether anything was blanked.

    Raises ClipError if the clip cannot be read or no way gives a faithful copy, and OSError if
    the disk is full.
    """
    blank = anything_to_blank(clip, keep)
    if not blank and _faithful(partial(_copy_stream, clip, copy), clip, copy, None):
        return False
    for encode in (_blank_planes, _blank_colours):
        if _faithful(partial(encode, clip, copy, keep), clip, copy, keep):
            return blank
    raise ClipError(
        "the clip cannot be encoded anew without loss",
        advice="convert it to an H.264 MP4 and import that",
        path=clip,
    )


def _faithful(
    write: Callable[[], bool], clip: Path, copy: Path, keep: NDArray[np.bool_] | None
) -> bool:
    try:
        done = write()
    except FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
        return False
    return done and verify_lossless(clip, copy, keep)


def _copy_stream(clip: Path, copy: Path) -> bool:
    """Write the first video stream of a clip as MP4, without any metadata.

    False, with nothing of use written, if the codec has no filter that takes out the notes that
    its stream may hold, or if it holds pictures, or parts of them, that are not shown.
    """
    with open_video(str(clip)) as source:
        stream = source.streams.video[0]
        only_pictures = _ONLY_PICTURES.get(stream.codec_context.name)
        if only_pictures is None or _hides_pixels(clip):
            return False
        with _mp4(copy) as target:
            out = target.add_stream_from_template(stream, opaque=True)
            out.metadata.clear()
            pictures = BitStreamFilterContext(only_pictures, stream, out)
            for packet in source.demux(stream):
                if packet.is_discard:
                    # a picture that is never shown was never looked at either
                    return False
                # the filter empties the packet that it is given
                for filtered in pictures.filter(packet if packet.size else None):
                    filtered.stream = out
                    target.mux(filtered)
    return True


def _hides_pixels(clip: Path) -> bool:
    """Tell whether a video stream may hold pixels that are stored and not shown.

    A stream states which part of its pictures is shown. Who cuts a clip by changing that statement
    leaves the rest in every picture, and whoever changes it back sees it again. What only fills
    the last square to the right and below, and repeats the edge, tells nothing.
    True too if some pictures are never shown, or if it is not certain.
    """
    with open_video(str(clip)) as cut, open_video(str(clip)) as whole:
        cut.streams.video[0].thread_count = whole.streams.video[0].thread_count = 1
        whole.streams.video[0].codec_context.options = {"apply_cropping": "0"}
        shown = cut.decode(cut.streams.video[0])
        packets = pictures = 0
        for packet in whole.demux(whole.streams.video[0]):
            packets += packet.size > 0
            for stored in packet.decode():
                pictures += 1
                picture = next(shown, None)
                if picture is None or not _is_all_of(picture, stored):
                    return True
        return pictures != packets


def _is_all_of(picture: av.VideoFrame, stored: av.VideoFrame) -> bool:
    """Tell whether a picture as it is shown tells all that is stored of it."""
    if (stored.height, stored.width) == (picture.height, picture.width):
        return True
    if max(stored.height - picture.height, stored.width - picture.width) >= _BLOCK:
        return False
    return picture.format.name in _FORMATS and all(
        map(_repeats_the_edge, _planes(picture), _planes(stored))
    )


def _repeats_the_edge(part: NDArray[np.int16], whole: NDArray[np.int16]) -> bool:
    """Tell whether `whole` is `part`, with its last row and column repeated below and beside."""
    height, width = part.shape
    below, beside = whole.shape[0] - height, whole.shape[1] - width
    filled = np.pad(part, ((0, below), (0, beside)), "edge")
    difference = np.abs(whole - filled)
    return not difference[:height, :width].any() and bool((difference <= _LIKE_THE_EDGE).all())


def _planes(picture: av.VideoFrame) -> Iterator[NDArray[np.int16]]:
    return (_values(plane).astype(np.int16) for plane in picture.planes)


def _blank_planes(clip: Path, copy: Path, keep: NDArray[np.bool_]) -> bool:
    """Write a video losslessly as H.264 in MP4, black where `keep` is false.

    False, with nothing of use written, if its pixels are stored in a way not foreseen here.
    """
    with open_video(str(clip)) as source:
        stream = source.streams.video[0]
        stream.thread_count = 1
        code = stream.codec_context
        if code.format is None or code.format.name not in _FORMATS or stream.time_base is None:
            return False
        with _mp4(copy) as target:
            out = target.add_stream("libx264", rate=stream.average_rate or 25, options=_LOSSLESS)
            out.width, out.height, out.pix_fmt = code.width, code.height, code.format.name
            out.time_base = out.codec_context.time_base = Fraction(stream.time_base)
            for name in ("color_range", "colorspace", "color_primaries", "color_trc"):
                setattr(out.codec_context, name, getattr(code, name))
            first: int | None = None
            for picture in source.decode(stream):
                if picture.pts is None or (picture.height, picture.width) != keep.shape:
                    return False
                first = picture.pts if first is None else first
                black = _blanked(picture, keep)
                black.pts, black.time_base = picture.pts - first, stream.time_base
                target.mux(out.encode(black))
            target.mux(out.encode(None))
    return True


def _blanked(picture: av.VideoFrame, keep: NDArray[np.bool_]) -> av.VideoFrame:
    """Return a copy of a decoded picture; the decoder still needs the picture itself."""
    copy = av.VideoFrame(picture.width, picture.height, picture.format.name)
    full = picture.format.name.startswith("yuvj") or picture.color_range == ColorRange.JPEG
    for number, (old, new) in enumerate(zip(picture.planes, copy.planes, strict=True)):
        tall, wide = -(-keep.shape[0] // old.height), -(-keep.shape[1] // old.width)
        black = 128 if number else (0 if full else 16)
        values = np.where(keep[::tall, ::wide], _values(old), np.uint8(black))
        _values(new)[:] = values
    copy.color_range, copy.colorspace = picture.color_range, picture.colorspace
    return copy


def _values(plane: av.video.plane.VideoPlane) -> NDArray[np.uint8]:
    """Return a plane's values, shape (height, width), as a view of its memory."""
    rows = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _blank_colours(clip: Path, copy: Path, keep: NDArray[np.bool_]) -> bool:
    """Encode red, green and blue as they are read: larger, but right for every video."""
    with _mp4(copy) as target:
        out = target.add_stream("libx264rgb", rate=_RATE, options=_LOSSLESS)
        out.height, out.width, out.pix_fmt = *keep.shape, "rgb24"
        out.time_base = out.codec_context.time_base = _CLOCK
        for frame in blanked(clip, keep):
            picture = av.VideoFrame.from_ndarray(frame.rgb, format="rgb24")
            time = frame.index / _RATE if math.isnan(frame.time) else frame.time
            picture.pts, picture.time_base = round(time / _CLOCK), _CLOCK
            target.mux(out.encode(picture))
        target.mux(out.encode(None))
    return True


def _mp4(path: Path) -> av.container.OutputContainer:
    return av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"})

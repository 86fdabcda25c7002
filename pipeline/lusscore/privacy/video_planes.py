"""Blanking a video in the planes in which it is stored, so that nothing else changes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from lusscore.clips import open_video

FORMATS = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")
"""How pixels may be stored: planes of 8 bits for brightness and two for colour."""

LOSSLESS = {"crf": "0", "preset": "superfast", "bf": "0"}
"""Options of libx264 that keep every value; one picture after the other, in order."""


def blank_planes(clip: Path, copy: Path, keep: NDArray[np.bool_]) -> bool:
    """Write a video losslessly as H.264 in MP4, black where `keep` is false.

    Parameters
    ----------
    clip, copy
        The video, and where to write.
    keep
        Bool, shape (height, width), whole squares of 2 × 2 pixels.

    Returns
    -------
    bool
        False, with nothing of use written, if its pixels are stored in a way not foreseen here.

    Raises
    ------
    av.FFmpegError
        If FFmpeg cannot do it.
    """
    with open_video(str(clip)) as source:
        stream = source.streams.video[0]
        stream.thread_count = 1
        code = stream.codec_context
        if code.format is None or code.format.name not in FORMATS or stream.time_base is None:
            return False
        with av.open(str(copy), "w", format="mp4", options={"fflags": "+bitexact"}) as target:
            out = target.add_stream("libx264", rate=stream.average_rate or 25, options=LOSSLESS)
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
        values = np.where(keep[::tall, ::wide], plane_values(old), np.uint8(black))
        plane_values(new)[:] = values
    copy.color_range, copy.colorspace = picture.color_range, picture.colorspace
    return copy


def plane_values(plane: av.video.plane.VideoPlane) -> NDArray[np.uint8]:
    """Return a plane's values, shape (height, width), as a view of its memory."""
    rows = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]

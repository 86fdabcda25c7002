"""De-identified copies of videos: one stream of pictures, nothing beside it."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from lusscore.errors import ClipError
from lusscore.privacy.blanking import anything_to_blank, blanked
from lusscore.privacy.proof import same_pictures
from lusscore.privacy.video_planes import LOSSLESS, blank_planes
from lusscore.privacy.video_stream import copy_stream

_CLOCK = Fraction(1, 90_000)
_RATE = 25
"""Frames per second of a copy whose clip has no clock."""


def copy_video(clip: Path, copy: Path, keep: NDArray[np.bool_]) -> bool:
    """Write a de-identified copy of a video as H.264 in MP4.

    The stream is copied as it is where nothing is to be blanked and its codec allows taking the
    notes out of it. Otherwise it is encoded anew without loss. Each way is tried in turn until
    one gives a copy that, read back, shows what it must.

    Parameters
    ----------
    clip, copy
        The video, and where to write.
    keep
        Bool, shape (height, width): what of its pictures may stay.

    Returns
    -------
    bool
        Whether anything was blanked.

    Raises
    ------
    ClipError
        If the clip cannot be read, or no way gives a faithful copy.
    OSError
        If the disk is full.
    """
    blank = anything_to_blank(clip, keep)
    if not blank and _faithful(partial(copy_stream, clip, copy), clip, copy, None):
        return False
    for way in (blank_planes, _blank_colours):
        if _faithful(partial(way, clip, copy, keep), clip, copy, keep):
            return blank
    raise ClipError(
        "the clip cannot be encoded anew without loss",
        advice="convert it to an H.264 MP4 and import that",
        path=clip,
    )


def _faithful(
    way: Callable[[], bool], clip: Path, copy: Path, keep: NDArray[np.bool_] | None
) -> bool:
    try:
        done = way()
    except FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
        return False
    return done and same_pictures(clip, copy, keep)


def _blank_colours(clip: Path, copy: Path, keep: NDArray[np.bool_]) -> bool:
    """Encode red, green and blue as they are read: larger, but right for every video."""
    with av.open(str(copy), "w", format="mp4", options={"fflags": "+bitexact"}) as target:
        out = target.add_stream("libx264rgb", rate=_RATE, options=LOSSLESS)
        out.height, out.width, out.pix_fmt = *keep.shape, "rgb24"
        out.time_base = out.codec_context.time_base = _CLOCK
        for frame in blanked(clip, keep):
            picture = av.VideoFrame.from_ndarray(frame.rgb, format="rgb24")
            time = frame.index / _RATE if math.isnan(frame.time) else frame.time
            picture.pts, picture.time_base = round(time / _CLOCK), _CLOCK
            target.mux(out.encode(picture))
        target.mux(out.encode(None))
    return True

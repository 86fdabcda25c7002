"""Proof that a copy shows what it must show: read back and held against the clip."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusscore.clips import Frame, open_clip
from lusscore.errors import ClipError
from lusscore.privacy.blanking import blanked

_SAME_TIME = 1e-3
"""Seconds."""


def same_pictures(clip: Path, copy: Path, keep: NDArray[np.bool_] | None) -> bool:
    """Tell whether a copy has the frames of a clip, at the same times.

    Parameters
    ----------
    clip, copy
        What was copied, and the copy.
    keep
        Bool, shape (height, width): where the pictures must be those of the clip; elsewhere they
        must be black. None if they must be those of the clip everywhere.

    Raises
    ------
    ClipError
        If the clip cannot be read.
    """
    wanted = open_clip(clip) if keep is None else blanked(clip, keep)
    found = open_clip(copy)
    for frame in wanted:
        try:
            other = next(found, None)
        except ClipError:
            return False
        if other is None or not _same(frame, other):
            return False
    try:
        return next(found, None) is None
    except ClipError:
        return False


def _same(frame: Frame, other: Frame) -> bool:
    # a first frame is at 0 or, alone and without a clock, at no time
    clocked = frame.index > 0 and not math.isnan(frame.time)
    in_time = not clocked or abs(frame.time - other.time) <= _SAME_TIME
    return in_time and np.array_equal(frame.rgb, other.rgb)

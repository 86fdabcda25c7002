"""Strokes: narrow marks with a sharp edge on either side that stay where they are."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.sector.statistics import ClipStatistics

# The widest stroke, as (pixels, part of the height).
_WIDTH = (8, 0.025)
# A stroke that the image's border cuts through has its other edge there, if it is this bright.
_CUT = 100


def stroke_edges(statistics: ClipStatistics, least: int) -> NDArray[np.bool_]:
    """Find edges that belong to a stroke.

    The border of the sector rises and does not fall again; a character, a tick or a line does so
    within the width of a pen.

    Parameters
    ----------
    statistics
        Of at least one frame.
    least
        Luma step that must stay, on both sides.

    Returns
    -------
    ndarray of bool, shape (rows, columns)
        Both edges of every stroke, bright on dark or dark on bright.
    """
    rising, falling = statistics.rising >= least, statistics.falling >= least
    width = max(_WIDTH[0], round(_WIDTH[1] * rising.shape[0]))
    edges = _paired(rising, falling, width) | _paired(falling, rising, width)
    cut = statistics.darkest >= _CUT
    edges[:, : width + 1] |= falling[:, : width + 1] & cut[:, :1]
    edges[:, -width - 1 :] |= rising[:, -width - 1 :] & cut[:, -1:]
    return edges


def _paired(left: NDArray[np.bool_], right: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """Keep left edges that have a right edge at most `width` pixels on, and those right edges."""
    segment: NDArray[Any] = np.ones((1, width + 1), np.uint8)
    followed = cv2.dilate(right.astype(np.uint8), segment, anchor=(0, 0)) > 0
    led = cv2.dilate(left.astype(np.uint8), segment, anchor=(width, 0)) > 0
    kept: NDArray[np.bool_] = (left & followed) | (right & led)
    return kept


def widen(mask: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Add the pixels within a square of `side` pixels round each pixel of a mask."""
    wide: NDArray[np.uint8] = cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8))
    return wide > 0

"""The outline of the sector: a convex polygon round what moves and is bright."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# Luma that a black border with its compression noise does not reach.
_BRIGHT = 8
# Change of luma over the clip that a still overlay does not show.
_MOVES = 4
# The smallest part of an image that is taken for a sector.
_SMALLEST = 0.05
# A part of the image beside the largest that is taken for tissue too; digits that change are less.
_PART = 0.01
# Holes and gaps between echoes are closed over this part of the image's side.
_GAP = 0.06


def visible(
    darkest: NDArray[np.uint8], brightest: NDArray[np.uint8], *, moving: bool
) -> NDArray[np.bool_]:
    """Tell which pixels show tissue: bright at some time and, if `moving`, not always the same."""
    shown: NDArray[np.bool_] = brightest >= _BRIGHT
    if moving:
        shown = shown & (brightest.astype(np.int16) - darkest >= _MOVES)
    return shown


def find_outline(shown: NDArray[np.bool_]) -> NDArray[np.int32] | None:
    """Find the convex hull of the large connected parts of the pixels that show tissue.

    Returns
    -------
    ndarray of int32, shape (corners, 2), or None
        Corners (x, y) in pixels of `shown`; None if no part is a twentieth of the image.
    """
    image = shown.astype(np.uint8)
    # a thin line, such as a frame round the picture, joins nothing
    image = cv2.morphologyEx(image, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    side = max(3, int(_GAP * min(shown.shape)) | 1)
    kernel: NDArray[Any] = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(image, cv2.MORPH_CLOSE, kernel)
    labels = cv2.connectedComponents(closed, connectivity=4)[1]
    areas = np.bincount(labels[image > 0], minlength=1)
    areas[0] = 0
    if areas.max() < _SMALLEST * image.size:
        return None
    large = np.isin(labels, np.flatnonzero(areas >= _PART * image.size))
    rows, columns = np.nonzero(large & (image > 0))
    hull = cv2.convexHull(np.column_stack([columns, rows]).astype(np.int32))
    outline: NDArray[np.int32] = cv2.approxPolyDP(hull, 1.0, closed=True)[:, 0, :]
    # a straight line through the hull's corners may cut off a pixel, never more
    return outline if len(outline) >= 3 else None

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
# Still tissue: its spread of luma over 5 × 5 pixels, and how far it must lie along what moves,
# as part of the image's side.
_TEXTURE = 2.0
_CONTACT = 0.1
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


def find_part(shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the large connected parts of the pixels that show tissue.

    Returns
    -------
    ndarray of bool, shape as `shown`
        Empty if no part is a twentieth of the image.
    """
    # a thin line, such as a frame round the picture, joins nothing
    image = cv2.morphologyEx(shown.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    side = max(3, int(_GAP * min(shown.shape)) | 1)
    kernel: NDArray[Any] = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(image, cv2.MORPH_CLOSE, kernel)
    labels = cv2.connectedComponents(closed, connectivity=4)[1]
    areas = np.bincount(labels[image > 0], minlength=1)
    areas[0] = 0
    if areas.max() < _SMALLEST * image.size:
        return np.zeros_like(shown)
    large = np.isin(labels, np.flatnonzero(areas >= _PART * image.size))
    part: NDArray[np.bool_] = large & (image > 0)
    return part


def add_still_tissue(
    part: NDArray[np.bool_], picture: NDArray[np.uint8], allowed: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Add what does not move but lies along moving tissue: the chest wall under a still probe.

    Parameters
    ----------
    part
        What moves.
    picture
        uint8: a luma of each pixel that its clip keeps.
    allowed
        Where tissue may be.

    Returns
    -------
    ndarray of bool
        `part`, with bright, textured parts that touch it along a tenth of the image's side. The
        even ground of a screen has no texture, and a ruler or a word touches at a point.
    """
    mean = cv2.blur(picture.astype(np.float32), (5, 5))
    squares = cv2.blur(picture.astype(np.float32) ** 2, (5, 5))
    spread = (squares - mean**2 >= _TEXTURE**2).astype(np.uint8)
    # a pixel beside tissue has some of it in its window, and is none
    textured = cv2.erode(spread, np.ones((5, 5), np.uint8)) > 0
    still = (picture >= _BRIGHT) & textured & allowed & ~part
    image = cv2.morphologyEx(still.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    labels = cv2.connectedComponents(image, connectivity=4)[1]
    near = cv2.dilate(part.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    touching = np.bincount(labels[near & (image > 0)], minlength=int(labels.max()) + 1)
    touching[0] = 0
    added: NDArray[np.bool_] = np.isin(
        labels, np.flatnonzero(touching >= _CONTACT * min(part.shape))
    )
    return part | added


def find_outline(part: NDArray[np.bool_]) -> NDArray[np.int32] | None:
    """Return the corners (x, y) of the convex hull: int32, shape (corners, 2); None of nothing."""
    rows, columns = np.nonzero(part)
    if not len(rows):
        return None
    hull = cv2.convexHull(np.column_stack([columns, rows]).astype(np.int32))
    outline: NDArray[np.int32] = cv2.approxPolyDP(hull, 1.0, closed=True)[:, 0, :]
    # a straight line through the hull's corners may cut off a pixel, never more
    return outline if len(outline) >= 3 else None

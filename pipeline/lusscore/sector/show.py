"""What a network may see of a frame."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.sector.sector import Sector

SECTOR_POLICIES = ("none", "sector", "sector-no-text")
_FILL_RADIUS = 3


def sector_mask(sector: Sector) -> NDArray[np.bool_]:
    """Return which pixels lie in the outline: bool, shape (height, width), read-only."""
    return _mask(sector.height, sector.width, sector.outline)


def text_mask(sector: Sector) -> NDArray[np.bool_]:
    """Return which pixels lie in a box of text: bool, shape (height, width)."""
    mask = np.zeros((sector.height, sector.width), np.bool_)
    for box in sector.text:
        mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def sector_crop(sector: Sector) -> NDArray[np.bool_]:
    """Return :func:`sector_mask` as :func:`show_sector` crops a frame."""
    rows, columns = _crop(sector.height, sector.width, sector.outline)
    return sector_mask(sector)[rows, columns]


def show_sector(rgb: NDArray[np.uint8], sector: Sector, policy: str) -> NDArray[np.uint8]:
    """Return what a network may see of a frame under a sector policy.

    Parameters
    ----------
    rgb
        uint8, shape (height, width, 3), left as it is.
    sector
        Found in the frame's clip.
    policy
        ``"none"``: the whole image. ``"sector"``: cropped to the outline, and black outside it.
        ``"sector-no-text"``: and text inside it is painted over from the pixels around.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        `rgb` itself where the policy is ``"none"``, or where the frame is not of the sector's
        size (a clip whose frames change size).
    """
    if policy == "none" or rgb.shape[:2] != (sector.height, sector.width):
        return rgb
    shown = rgb
    inside = sector_mask(sector)
    if policy == "sector-no-text":
        written = text_mask(sector) & inside
        if written.any():
            shown = cv2.inpaint(shown, written.astype(np.uint8), _FILL_RADIUS, cv2.INPAINT_TELEA)
    rows, columns = _crop(sector.height, sector.width, sector.outline)
    part: NDArray[np.uint8] = shown[rows, columns] * inside[rows, columns, None]
    return part


@lru_cache(maxsize=16)
def _mask(height: int, width: int, outline: tuple[tuple[int, int], ...]) -> NDArray[np.bool_]:
    filled = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(filled, np.array(outline, np.int32), 1)
    mask: NDArray[np.bool_] = filled > 0
    mask.setflags(write=False)
    return mask


@lru_cache(maxsize=16)
def _crop(height: int, width: int, outline: tuple[tuple[int, int], ...]) -> tuple[slice, slice]:
    rows, columns = np.nonzero(_mask(height, width, outline))
    return (
        slice(int(rows.min()), int(rows.max()) + 1),
        slice(int(columns.min()), int(columns.max()) + 1),
    )

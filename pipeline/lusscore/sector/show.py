"""What a network may see of a frame."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.errors import ClipError
from lusscore.sector.sector import Sector

SECTOR_POLICIES = ("none", "sector", "sector-no-text")
_FILL_RADIUS = 3
# Pixels round text that painting over it looks at, and a few more.
_NEAR = 8


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
        `rgb` itself where the policy is ``"none"``.

    Raises
    ------
    ClipError
        If the frame is not of the sector's size: what lies outside it is not known then.
    """
    if policy == "none":
        return rgb
    if rgb.shape[:2] != (sector.height, sector.width):
        raise ClipError(
            f"a frame has {rgb.shape[1]} × {rgb.shape[0]} pixels but the first one "
            f"{sector.width} × {sector.height}, so that its sector is not known; divide the clip "
            'where its size changes, or set sector = "none" in the card.'
        )
    rows, columns = _crop(sector.height, sector.width, sector.outline)
    shown = _without_text(rgb, sector) if policy == "sector-no-text" else rgb
    inside = sector_mask(sector)[rows, columns].view(np.uint8)
    part: NDArray[np.uint8] = cv2.bitwise_and(
        shown[rows, columns], shown[rows, columns], mask=np.ascontiguousarray(inside)
    )
    return part


def _without_text(rgb: NDArray[np.uint8], sector: Sector) -> NDArray[np.uint8]:
    """Paint over the text inside the sector; only the part of the frame round it is looked at."""
    written = text_mask(sector) & sector_mask(sector)
    if not written.any():
        return rgb
    rows, columns = np.nonzero(written)
    near = (
        slice(max(0, int(rows.min()) - _NEAR), int(rows.max()) + 1 + _NEAR),
        slice(max(0, int(columns.min()) - _NEAR), int(columns.max()) + 1 + _NEAR),
    )
    painted = rgb.copy()
    painted[near] = cv2.inpaint(
        rgb[near], written[near].astype(np.uint8), _FILL_RADIUS, cv2.INPAINT_TELEA
    )
    return painted


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

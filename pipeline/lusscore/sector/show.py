"""The sector, its masks, and what a network may see of a frame under a policy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.errors import ClipError

SECTOR_POLICIES = ("none", "sector", "sector-no-text")
CONTRAST_POLICIES = ("none", "stretch", "clahe")
_FILL_RADIUS = 3
# Pixels round text that painting over it looks at, and a few more.
_NEAR = 8
# Percentiles of luma inside the sector that become black and white.
_DARK, _LIGHT = 1.0, 99.0
# A frame with less between them is as good as empty, and stretching it would show its noise.
_LEAST = 8.0
# Standard deviation of values under which a frame shows nothing; that of the dimmest scans of
# COVID-BLUES is above 10.
_BLANK = 5.0
# Contrast-limited adaptive histogram equalisation (Zuiderveld 1994): limit of the slope, tiles.
_LIMIT, _TILES = 2.0, (8, 8)

Outline = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Sector:
    """The insonified part of a clip's frames, the same for all of them.

    Attributes
    ----------
    height, width
        Of the frames, in pixels.
    source
        How it was found: ``"dicom"`` (ultrasound regions), ``"motion"`` (what moves and is
        bright), ``"brightness"`` (of a clip that does not move) or ``"whole"`` (not found: the
        whole image).
    outline
        Corners (x, y) in pixels of the convex polygon that holds it.
    text
        Characters and other overlays, inside the outline or outside, one box per line of text.
    """

    height: int
    width: int
    source: str
    outline: Outline
    text: tuple[Box, ...] = ()


def sector_mask(sector: Sector) -> NDArray[np.bool_]:
    """Return which pixels lie in the outline: bool, shape (height, width), read-only."""
    return _mask(sector.height, sector.width, sector.outline)


def text_mask(sector: Sector) -> NDArray[np.bool_]:
    """Return which pixels lie in a box of text: bool, shape (height, width)."""
    return fill_boxes(sector.text, (sector.height, sector.width))


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
            f"{sector.width} × {sector.height}, so its sector is not known",
            advice='divide the clip where its size changes, or set sector = "none" in the card',
        )
    rows, columns = _crop(sector.height, sector.width, sector.outline)
    shown = _without_text(rgb, sector) if policy == "sector-no-text" else rgb
    inside = np.ascontiguousarray(sector_mask(sector)[rows, columns].view(np.uint8))
    cropped = shown[rows, columns]
    return np.asarray(cv2.bitwise_and(cropped, cropped, mask=inside), np.uint8)


def change_contrast(
    rgb: NDArray[np.uint8], inside: NDArray[np.bool_], policy: str
) -> NDArray[np.uint8]:
    """Return a frame with its contrast changed inside the sector.

    Parameters
    ----------
    rgb
        uint8, shape (rows, columns, 3), left as it is.
    inside
        bool, shape (rows, columns): the sector.
    policy
        ``"none"``; ``"stretch"``: the 1st and 99th percentile of luma inside the sector become 0
        and 255; ``"clahe"``: stretched, then equalised in 8 × 8 tiles with limited contrast.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        Black outside the sector; `rgb` itself where the policy is ``"none"``, the sector is empty
        or there is next to no contrast in it.
    """
    if policy == "none" or not inside.any():
        return rgb
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    low, high = np.percentile(luma[inside], (_DARK, _LIGHT))
    if high - low < _LEAST:
        return rgb
    table = np.clip((np.arange(256) - low) * (255 / (high - low)), 0, 255).round()
    changed: NDArray[np.uint8] = cv2.LUT(rgb, table.astype(np.uint8))
    changed[~inside] = 0
    if policy == "clahe":
        parts = cv2.cvtColor(changed, cv2.COLOR_RGB2YCrCb)
        parts[..., 0] = cv2.createCLAHE(_LIMIT, _TILES).apply(parts[..., 0])
        changed = cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB)
        changed[~inside] = 0
    return changed


def is_blank(rgb: NDArray[np.uint8], inside: NDArray[np.bool_] | None = None) -> bool:
    """Tell whether a frame, or what of it is `inside`, shows nothing: it is of one colour."""
    values = rgb[::4, ::4]
    if inside is not None and inside[::4, ::4].any():
        values = values[inside[::4, ::4]]
    return bool(values.std() < _BLANK)


def fill_boxes(boxes: tuple[Box, ...], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pixels lie in a box: bool, of a shape (height, width)."""
    filled = np.zeros(shape, np.bool_)
    for box in boxes:
        filled[box.top : box.bottom, box.left : box.right] = True
    return filled


def _without_text(rgb: NDArray[np.uint8], sector: Sector) -> NDArray[np.uint8]:
    """Paint over the text inside the sector; only the part of the frame round it is looked at."""
    written = text_mask(sector) & sector_mask(sector)
    if not written.any():
        return rgb
    near = tuple(slice(max(0, part.start - _NEAR), part.stop + _NEAR) for part in _bounds(written))
    painted = rgb.copy()
    painted[near] = cv2.inpaint(
        rgb[near], written[near].astype(np.uint8), _FILL_RADIUS, cv2.INPAINT_TELEA
    )
    return painted


def _bounds(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, columns = np.nonzero(mask)
    return (
        slice(int(rows.min()), int(rows.max()) + 1),
        slice(int(columns.min()), int(columns.max()) + 1),
    )


@lru_cache(maxsize=16)
def _mask(height: int, width: int, outline: Outline) -> NDArray[np.bool_]:
    filled = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(filled, np.array(outline, np.int32), 1)
    mask: NDArray[np.bool_] = filled > 0
    mask.setflags(write=False)
    return mask


@lru_cache(maxsize=16)
def _crop(height: int, width: int, outline: Outline) -> tuple[slice, slice]:
    return _bounds(_mask(height, width, outline))

"""Where a frame lies in the square that a network sees, and its sector with it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.features import letterbox_box
from lusscore.sector import Sector, sector_crop, sector_mask

Window = tuple[float, float, float, float]


def letterbox_window(height: int, width: int, size: tuple[int, int]) -> Window:
    """Return (left, top, right, bottom) of a letterboxed image, as fractions of the input's sides.

    Parameters
    ----------
    height, width
        Of the image, in pixels.
    size
        (height, width) of the input.
    """
    left, top, wide, high = letterbox_box(height, width, size)
    rows, columns = size
    return left / columns, top / rows, (left + wide) / columns, (top + high) / rows


def inside_sector(
    sector: Sector, policy: str, size: tuple[int, int], grid: tuple[int, int]
) -> NDArray[np.float64]:
    """Return how much of each cell of a map lies in the sector: 0–1, shape `grid`.

    Parameters
    ----------
    sector
        Of the clip.
    policy
        Sector policy under which the network saw it.
    size
        (height, width) of the network's input.
    grid
        (rows, columns) of the map over that input.
    """
    mask = (sector_mask if policy == "none" else sector_crop)(sector)
    left, top, wide, high = letterbox_box(mask.shape[0], mask.shape[1], size)
    seen = np.zeros(size, np.float32)
    seen[top : top + high, left : left + wide] = cv2.resize(
        mask.astype(np.float32), (wide, high), interpolation=cv2.INTER_AREA
    )
    shares = cv2.resize(seen, grid[::-1], interpolation=cv2.INTER_AREA)
    return np.clip(np.asarray(shares, np.float64), 0, 1)


def outline_fractions(sector: Sector, policy: str) -> tuple[tuple[float, float], ...]:
    """Return the outline's corners as fractions of what is shown of a frame under `policy`."""
    if policy == "none":
        return tuple((x / sector.width, y / sector.height) for x, y in sector.outline)
    rows, columns = np.nonzero(sector_mask(sector))
    left, top = int(columns.min()), int(rows.min())
    width, height = int(columns.max()) + 1 - left, int(rows.max()) + 1 - top
    return tuple(
        (
            min(1.0, max(0.0, (x + 0.5 - left) / width)),
            min(1.0, max(0.0, (y + 0.5 - top) / height)),
        )
        for x, y in sector.outline
    )

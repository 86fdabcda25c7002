"""Contrast of a frame inside its sector, made alike between gains, presets and devices."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CONTRAST_POLICIES = ("none", "stretch", "clahe")
# Percentiles of luma inside the sector that become black and white.
_DARK, _LIGHT = 1.0, 99.0
# A frame with less between them is as good as empty, and stretching it would show its noise.
_LEAST = 8.0
# Contrast-limited adaptive histogram equalisation (Zuiderveld 1994): limit of the slope, tiles.
_LIMIT, _TILES = 2.0, (8, 8)


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
    stretched: NDArray[np.uint8] = cv2.LUT(rgb, table.astype(np.uint8))
    stretched[~inside] = 0
    if policy == "stretch":
        return stretched
    parts = cv2.cvtColor(stretched, cv2.COLOR_RGB2YCrCb)
    parts[..., 0] = cv2.createCLAHE(_LIMIT, _TILES).apply(parts[..., 0])
    equalised: NDArray[np.uint8] = cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB)
    equalised[~inside] = 0
    return equalised

"""Frames that show the picture of the frame before: a clip that was encoded again, faster."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Mean change of luma below which two frames are one picture.
_SAME = 0.5
_STEP = 3


class RepeatFinder:
    """Tells of each frame of a clip, in order, whether it repeats the one before."""

    def __init__(self) -> None:
        self._last: NDArray[np.int16] | None = None

    def add(self, rgb: NDArray[np.uint8]) -> bool:
        """Look at the next frame: uint8, shape (height, width, 3)."""
        green = rgb[::_STEP, ::_STEP, 1].astype(np.int16)
        last, self._last = self._last, green
        if last is None or last.shape != green.shape:
            return False
        return float(np.abs(green - last).mean()) < _SAME

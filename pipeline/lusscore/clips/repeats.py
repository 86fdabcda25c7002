"""Frames that show a picture again: a clip that was encoded anew at a higher rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CELLS = 44
"""Cells along the longer side: averaging within them takes out what a codec adds, and leaves what
tissue and probe do."""

_LIT = 8.0
"""Luma from which a cell shows something; the border does not water the change down."""

_SAME = 0.5
"""Root mean square change of the lit cells' luma below which two frames are one picture.

Measured on the 281 clips of COVID-BLUES; docs/clips.md has the numbers and the command.
"""

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


class RepeatFinder:
    """Tells of each frame of a clip, in order, whether it repeats the one before.

    Frames are held against the last that was not a repeat, so that a slow drift is not one.
    """

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None

    def add(self, rgb: NDArray[np.uint8]) -> bool:
        """Tell whether the next frame shows the same picture as the last that was no repeat.

        `rgb` is uint8, shape (height, width, 3). False for the first frame and after a change of
        size.
        """
        cells = _cells(rgb)
        last = self._last
        if last is not None and last.shape == cells.shape and change_between(last, cells) < _SAME:
            return True
        self._last = cells
        return False


def change_between(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """Return the root mean square change of cells that are lit before or after; 0 if none is."""
    lit = np.maximum(before, after) > _LIT
    if not lit.any():
        return 0.0
    return float(np.sqrt(np.mean(np.square(after[lit] - before[lit]))))


def _cells(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return mean luma of each cell: float32, 0–255, the longer side being 44 or fewer."""
    import cv2

    height, width = rgb.shape[:2]
    side = max(1.0, max(height, width) / _CELLS)
    size = (max(1, round(width / side)), max(1, round(height / side)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small.astype(np.float32) @ _LUMA, dtype=np.float32)

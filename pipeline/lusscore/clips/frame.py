"""One image of a clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Frame:
    """One image of a clip.

    Attributes
    ----------
    index
        Frame number in the clip, from 0.
    time
        Seconds since the clip's first frame; NaN where the clip has no clock (images).
    rgb
        uint8, shape (height, width, 3), 0–255.
    """

    index: int
    time: float
    rgb: NDArray[np.uint8]

"""Frames whose pixels are not square, made so."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def square_size(height: int, width: int, aspect: Fraction) -> tuple[int, int]:
    """Return the size at which a frame's pixels are square.

    The shorter side of a pixel is stretched, so that nothing that was recorded is lost.

    Parameters
    ----------
    height, width
        As recorded, in pixels.
    aspect
        Width of a pixel over its height, positive.

    Returns
    -------
    (height, width)
    """
    if aspect >= 1:
        return height, max(1, round(width * aspect))
    return max(1, round(height / aspect)), width


def resize_frame(rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Stretch a frame to (height, width) by bilinear interpolation; as it is where that fits.

    Parameters
    ----------
    rgb
        uint8, shape (height, width, 3).
    size
        (height, width) wanted.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    if rgb.shape[:2] == size:
        return rgb
    import cv2

    resized = cv2.resize(rgb, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.uint8)

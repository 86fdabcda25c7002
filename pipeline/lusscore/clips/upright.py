"""Pictures as a player shows them: pixels square, turned and mirrored as the file asks."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Turn: TypeAlias = tuple[int, int, int, int]
"""Signs of a display matrix: ``x' = a x + c y`` and ``y' = b x + d y`` as (a, b, c, d)."""

AS_IT_IS: Turn = (1, 0, 0, 1)
_UNITS = 1 << 16


def read_turn(matrix: NDArray[np.int32]) -> Turn:
    """Read which way a display matrix (nine fixed-point numbers, ISO 14496-12) turns and mirrors.

    :data:`AS_IT_IS` for anything but quarter turns and mirrors, which no probe records.
    """
    a, b, _, c, d, _ = (round(int(value) / _UNITS) for value in matrix[:6])
    straight = b == c == 0 and abs(a) == abs(d) == 1
    quarter = a == d == 0 and abs(b) == abs(c) == 1
    return (a, b, c, d) if straight or quarter else AS_IT_IS


def square_size(height: int, width: int, aspect: Fraction) -> tuple[int, int]:
    """Return the (height, width) at which a frame's pixels are square.

    The shorter side of a pixel is stretched, so that nothing that was recorded is lost; `aspect`
    is the width of a pixel over its height, positive.
    """
    if aspect >= 1:
        return height, max(1, round(width * aspect))
    return max(1, round(height / aspect)), width


def upright_size(height: int, width: int, aspect: Fraction, turn: Turn) -> tuple[int, int]:
    """Return (height, width) of a picture as it is shown."""
    height, width = square_size(height, width, aspect)
    return (width, height) if turn[0] == 0 else (height, width)


def resize_frame(rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize a frame to (height, width) by bilinear interpolation; as it is where that fits."""
    if rgb.shape[:2] == size:
        return rgb
    import cv2

    resized = cv2.resize(rgb, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.uint8)


def make_upright(rgb: NDArray[np.uint8], aspect: Fraction, turn: Turn) -> NDArray[np.uint8]:
    """Resize a picture's pixels to squares, then turn and mirror it."""
    rgb = resize_frame(rgb, square_size(rgb.shape[0], rgb.shape[1], aspect))
    if turn == AS_IT_IS:
        return rgb
    a, b, c, d = turn
    if a == 0:
        rgb = rgb.transpose(1, 0, 2)
    if a + c < 0:
        rgb = rgb[:, ::-1]
    if b + d < 0:
        rgb = rgb[::-1]
    return np.ascontiguousarray(rgb)

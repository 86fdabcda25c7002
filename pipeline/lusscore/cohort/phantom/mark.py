"""The word SYNTHETIC in the black border of every frame."""

from __future__ import annotations

import numpy as np

from lusscore.cohort.phantom.arrays import ByteArray

_LEVEL = 150
_GLYPHS = {
    "S": ("###", "#..", "###", "..#", "###"),
    "Y": ("#.#", "#.#", ".#.", ".#.", ".#."),
    "N": ("#.#", "###", "###", "###", "#.#"),
    "T": ("###", ".#.", ".#.", ".#.", ".#."),
    "H": ("#.#", "#.#", "###", "#.#", "#.#"),
    "E": ("###", "#..", "##.", "#..", "###"),
    "I": ("###", ".#.", ".#.", ".#.", "###"),
    "C": ("###", "#..", "#..", "#..", "###"),
}


def synthetic_mark(size: int) -> tuple[slice, slice, ByteArray]:
    """Draw the mark for a square frame of `size` pixels.

    It is the same for all clips of a cohort, so that it tells a network nothing.

    Returns
    -------
    rows, columns, pixels
        Where in the frame the mark lies, in the bottom left corner, and its grey values.
    """
    letters = [
        [[cell == "#" for cell in line] + [False] for line in _GLYPHS[letter]]
        for letter in "SYNTHETIC"
    ]
    scale = max(1, size // 128)
    drawn = np.kron(np.hstack(letters), np.ones((scale, scale))).astype(np.uint8) * _LEVEL
    bottom, left = size - max(2, size // 64), max(2, size // 64)
    height, width = drawn.shape
    return slice(bottom - height, bottom), slice(left, left + width), drawn

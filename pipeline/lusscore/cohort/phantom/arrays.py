"""The arrays that the phantom's modules pass to each other."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float32]
"""Real values in single precision: levels, weights, depths in mm."""

ComplexArray: TypeAlias = NDArray[np.complex64]
"""Baseband echoes: magnitude is the envelope's amplitude, 1 is that of muscle."""

BoolArray: TypeAlias = NDArray[np.bool_]
"""Masks."""

ByteArray: TypeAlias = NDArray[np.uint8]
"""Display values, 0–255."""


def amplitude(level: NDArray[np.floating[Any]] | float) -> FloatArray:
    """Turn a level in dB into an amplitude: ``10 ** (level / 20)``.

    Parameters
    ----------
    level
        dB relative to muscle, any shape.

    Returns
    -------
    ndarray of float32, same shape
    """
    factor: FloatArray = np.exp(np.asarray(level, dtype=np.float32) * np.float32(np.log(10) / 20))
    return factor

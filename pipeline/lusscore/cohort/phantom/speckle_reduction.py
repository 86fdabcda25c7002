"""The speckle reduction of a modern device: an adaptive filter on the compressed image."""

from __future__ import annotations

import numpy as np

from lusscore.cohort.phantom.arrays import FloatArray

_WINDOW = (13, 9)
"""Rows and beams over which local mean and variance are taken, a few resolution cells."""


def reduce_speckle(level: FloatArray, grain: float, spread: float) -> FloatArray:
    """Draw samples towards their local mean where nothing but speckle makes them differ.

    After Lee (1980): local variance beyond what speckle explains is structure and is kept.

    Parameters
    ----------
    level
        Log-compressed image, shape (rows, beams).
    grain
        Share of the speckle's contrast to leave, 0-1.
    spread
        Standard deviation of fully developed speckle in units of `level`.

    Returns
    -------
    ndarray of float32, shape as `level`
    """
    from scipy.ndimage import uniform_filter

    mean = uniform_filter(level, _WINDOW, mode="nearest")
    variance = uniform_filter(np.square(level), _WINDOW, mode="nearest") - np.square(mean)
    excess = variance / np.float32(spread * spread) - np.float32(1.5)
    keep = np.float32(grain) + np.float32(1 - grain) * np.clip(excess / np.float32(4), 0, 1)
    return np.asarray(mean + keep * (level - mean), dtype=np.float32)

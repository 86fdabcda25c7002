"""The machine's own speed: NumPy's matrix product."""

from __future__ import annotations

import time

import numpy as np


def measure_sgemm(size: int = 2048, repeats: int = 7) -> float:
    """Return the median speed of a float32 matrix product in GFLOP/s.

    Parameters
    ----------
    size
        Side of the square matrices.
    repeats
        Products timed, after one that is not.
    """
    rng = np.random.default_rng(0)
    a, b = (rng.random((size, size), dtype=np.float32) for _ in range(2))
    a @ b
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - started)
    return float(2 * size**3 / np.median(seconds) / 1e9)

"""The receiver's noise."""

from __future__ import annotations

import numpy as np

from lusscore.cohort.phantom.arrays import ComplexArray
from lusscore.cohort.phantom.display import Display
from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.speckle import speckle

_STRIDE = 67
"""Beams between the cuts of consecutive frames; odd, so that it takes long to repeat."""


def noise_bank(rng: np.random.Generator, grid: BeamGrid, display: Display) -> ComplexArray:
    """Draw noise twice as wide as the view, from which every frame cuts another part.

    It has passed the receiver's filter, so it is as coarse in depth as the pulse, but unlike
    echoes nearly independent from beam to beam.

    Returns
    -------
    ndarray of complex64, shape (grid.rows, 2 * grid.beams)
    """
    pulse = grid.probe.pulse_length / grid.row_step
    noise = speckle(rng, pulse, np.full(grid.rows, 1.8, dtype=np.float32), 2 * grid.beams)
    return noise * display.noise_curve(grid.depths(), grid.probe)[:, None]


def frame_noise(bank: ComplexArray, number: int) -> ComplexArray:
    """Cut the noise of frame `number` from its bank, shape (rows, bank's beams / 2)."""
    beams = bank.shape[1] // 2
    start = number * _STRIDE % beams
    return bank[:, start : start + beams]

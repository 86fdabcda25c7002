"""How well each part of the probe touches the skin."""

from __future__ import annotations

import numpy as np

from lusscore.cohort.phantom.arrays import FloatArray, amplitude
from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.speckle import smooth_line

_LIFT_OFF_SHARE = 0.3
"""Share of clips in which an end of the probe lifts off the chest."""


def draw_coupling(rng: np.random.Generator, grid: BeamGrid) -> FloatArray:
    """Draw the amplitude that every beam loses on its way through the contact and the wall.

    Hair, gel and uneven tissue make broad radial streaks; a rounded chest leaves an end of the
    probe without contact, and the outermost beams have less aperture.

    Returns
    -------
    ndarray of float32, shape (grid.beams,)
    """
    beams = grid.beams
    across = np.linspace(-1, 1, beams)
    level = 1.6 * smooth_line(rng, 0.14 * beams, beams) - 4 * across**6
    if rng.random() < _LIFT_OFF_SHARE:
        side = rng.choice((-1, 1))
        edge = rng.uniform(0.5, 0.95)
        level -= rng.uniform(8, 25) / (1 + np.exp(-(side * across - edge) / 0.06))
    return amplitude(level.astype(np.float32))

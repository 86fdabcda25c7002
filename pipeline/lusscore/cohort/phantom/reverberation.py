"""Reverberations between pleura and probe: A-lines and the chest wall's ghosts."""

from __future__ import annotations

import numpy as np

from lusscore.cohort.phantom.arrays import ComplexArray, FloatArray, amplitude
from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.pleura import Pleura

_BOUNCES = 5


def reverberations(
    echoes: ComplexArray, grid: BeamGrid, pleura: Pleura, loss: float
) -> ComplexArray:
    """Repeat what lies at and above the pleura below it.

    Air reflects nearly all sound and the probe's face some of it, so an echo from the depth z
    arrives again after every further trip to the pleura, as if from z + k * d, d being the depth
    of the pleura: its own line at 2 d, 3 d and so on, the A-lines. Each trip costs `loss` dB and
    needs the pleura to send the sound straight back.

    Parameters
    ----------
    echoes
        Chest wall and pleural line, shape (grid.rows, grid.beams).
    grid
        Beam coordinates.
    pleura
        Course of the pleura.
    loss
        Loss per trip in dB, positive.

    Returns
    -------
    ndarray of complex64, shape as `echoes`
    """
    depth: FloatArray = pleura.depth / np.float32(grid.row_step)
    rows = np.arange(grid.rows, dtype=np.float32)[:, None]
    beams = np.arange(grid.beams)[None, :]
    total = np.zeros_like(echoes)
    for bounce in range(1, _BOUNCES + 1):
        source = np.rint(rows - bounce * depth[None, :]).astype(np.intp)
        # a trip starts at the probe's face: below the pleura there is nothing left to repeat
        inside = (source >= 0) & (source < depth[None, :] + 3 / grid.row_step)
        ghost = echoes[np.clip(source, 0, grid.rows - 1), beams] * inside
        total += ghost * (amplitude(-loss * bounce) * pleura.mirror**bounce)[None, :]
    return total

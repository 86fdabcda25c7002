"""Where the pleura lies under the probe and how it meets the beams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lusscore.cohort.phantom.arrays import FloatArray
from lusscore.cohort.phantom.grid import BeamGrid

_MIRROR_ANGLE = 0.09
"""Angle in radians at which the mirror echo of the pleura has dropped to 1/e."""


@dataclass(frozen=True)
class Pleura:
    """The pleura in beam coordinates; it belongs to the chest wall and does not slide.

    Attributes
    ----------
    depth
        Depth along every beam in mm, shape (beams,).
    mirror
        Amplitude of the mirror echo, 1 where the beam meets the pleura at a right angle,
        shape (beams,).
    """

    depth: FloatArray
    mirror: FloatArray


def draw_pleura(rng: np.random.Generator, grid: BeamGrid, wall: float) -> Pleura:
    """Draw the course of the pleura below a chest wall of `wall` mm.

    A plane below a convex probe lies at a depth along the beam that grows with the square of
    the lateral position; compressed tissue follows the probe and flattens this. The mirror
    echo, which makes the A-lines, fades with the angle between beam and normal.
    """
    arcs = grid.arcs(wall)
    bend = rng.uniform(0.1, 0.75) / (grid.probe.radius + wall) if grid.probe.convex else 0.0
    bend += rng.normal(0, 0.001)
    tilt = rng.normal(0, 0.06)
    depth = wall + tilt * arcs + bend * arcs**2 / 2
    slope = tilt + bend * arcs
    mirror = np.exp(-np.square(slope / _MIRROR_ANGLE))
    return Pleura(depth.astype(np.float32), mirror.astype(np.float32))

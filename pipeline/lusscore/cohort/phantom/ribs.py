"""Ribs: bright arcs with acoustic shadows, the bat's wings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lusscore.cohort.phantom.arrays import FloatArray
from lusscore.cohort.phantom.grid import BeamGrid

_LONGITUDINAL_SHARE = 0.7
"""Share of clips with the probe across the ribs; the others look along an intercostal space."""


@dataclass(frozen=True)
class Rib:
    """One rib in cross-section.

    Attributes
    ----------
    centre, half_width
        Position and half width in mm along the pleura.
    height
        How far its surface stands above the pleura, mm.
    opacity
        Share of the amplitude that its shadow takes away, 0–1; cartilage lets some pass.
    """

    centre: float
    half_width: float
    height: float
    opacity: float


def draw_ribs(rng: np.random.Generator, grid: BeamGrid, wall: float) -> tuple[Rib, ...]:
    """Draw the ribs in view: none, or a row of them with an intercostal space near the middle."""
    arcs = grid.arcs(wall)
    space, bone = rng.uniform(17, 25), rng.uniform(10, 14)
    height = min(rng.uniform(5, 9), 0.5 * wall)
    opacity = rng.uniform(0.65, 0.97)
    if not grid.probe.convex:
        space = min(space, 0.55 * float(arcs[-1] - arcs[0]))
    middle = rng.uniform(-0.35, 0.35) * space
    if rng.random() >= _LONGITUDINAL_SHARE:
        return ()
    ribs = []
    for number in range(-4, 4):
        centre = middle + (number + 0.5) * (space + bone) + rng.normal(0, 1.0)
        if arcs[0] - bone < centre < arcs[-1] + bone:
            half = bone / 2 * rng.uniform(0.9, 1.1)
            ribs.append(Rib(float(centre), float(half), float(height), float(opacity)))
    return tuple(ribs)


def rib_shadow(ribs: Sequence[Rib], grid: BeamGrid, pleura: FloatArray) -> FloatArray:
    """Return what is left of the amplitude behind the ribs.

    The shadow's edges are as soft as the beam is wide, so they widen with depth.

    Parameters
    ----------
    ribs
        Ribs in view.
    grid
        Beam coordinates.
    pleura
        Depth of the pleura in mm, shape (grid.beams,).

    Returns
    -------
    ndarray of float32, shape (grid.rows, grid.beams)
        1 where nothing is in the way.
    """
    wall = float(pleura.mean())
    depths = grid.depths()[:, None]
    arcs = grid.arcs(wall)[None, :]
    # positions are measured along the pleura, where beams are closer than deeper down
    spread = (grid.probe.radius + wall) / (grid.probe.radius + depths) if grid.probe.convex else 1.0
    softness = 0.8 + 0.7 * grid.resolution(depths) * spread
    left = np.ones((grid.rows, grid.beams), dtype=np.float32)
    for rib in ribs:
        inside = np.clip(0.5 + (rib.half_width - np.abs(arcs - rib.centre)) / (2 * softness), 0, 1)
        behind = np.clip((depths - rib_surface(rib, arcs, pleura)) / 3.0, 0, 1)
        left *= 1 - rib.opacity * (inside * inside * (3 - 2 * inside)) * behind
    return left


def rib_surface(rib: Rib, arcs: FloatArray, pleura: FloatArray) -> FloatArray:
    """Depth in mm of the rib's near surface below every beam, an arc that sinks to its edges."""
    across = np.clip(np.abs(arcs - rib.centre) / rib.half_width, 0, 1)
    height = rib.height * (1 - 0.75 * across * across)
    surface: FloatArray = np.maximum(pleura - height, 0.3 * pleura)
    return surface

"""Consolidations: airless lung below the pleura."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lusscore.cohort.phantom.arrays import BoolArray, FloatArray
from lusscore.cohort.phantom.signs import Signs
from lusscore.cohort.phantom.speckle import smooth_line
from lusscore.cohort.phantom.window import Window


@dataclass(frozen=True)
class Consolidation:
    """An airless region that reaches the pleura.

    Attributes
    ----------
    centre, half_width
        Position on the lung and half width in beams.
    thickness
        Greatest depth below the pleura in mm.
    level
        Level of its texture in dB relative to muscle.
    ragged
        Unevenness of its lower border as a share of the thickness: the shred sign.
    bronchograms
        Number of bright air-filled bronchi inside.
    """

    centre: float
    half_width: float
    thickness: float
    level: float
    ragged: float
    bronchograms: int

    def border(self, rng: np.random.Generator, beams: int, beams_per_mm: float) -> FloatArray:
        """Depth in mm below the pleura of its lower border, 0 beside it, shape (beams,)."""
        across = (np.arange(beams) - self.centre) / self.half_width
        dome = np.clip(1 - np.abs(across) ** 2.5, 0, None) ** 0.6
        coarse = smooth_line(rng, max(3.0, 0.4 * self.thickness) * beams_per_mm, beams)
        fine = smooth_line(rng, 1.5 * beams_per_mm, beams)
        uneven = np.clip(1 + self.ragged * (coarse + 0.5 * fine), 0.75, 1.5)
        depth: FloatArray = (self.thickness * dome * uneven).astype(np.float32)
        return depth


def draw_consolidations(
    rng: np.random.Generator, signs: Signs, window: Window, room: float, base: float
) -> tuple[Consolidation, ...]:
    """Draw the consolidations of one clip; at least one of each kind stays in view.

    Parameters
    ----------
    rng
        Source.
    signs
        Which there are.
    window
        Which part of the lung can come into view.
    room
        Depth of lung in view in mm; large ones take up to half of it.
    base
        Level in dB relative to muscle above which B-lines stand out and below which small
        consolidations do.
    """
    places = window.always_visible(clearance=3.0)
    found = []
    if signs.consolidation:
        found.append(
            Consolidation(
                centre=float(rng.choice(places)),
                half_width=float(rng.uniform(8, 17)) * window.beams_per_mm,
                thickness=float(min(rng.uniform(14, 34), 0.5 * room)),
                level=base + float(rng.uniform(-3, 2)),
                ragged=float(rng.uniform(0.1, 0.25)),
                bronchograms=int(rng.integers(4, 12)),
            )
        )
    for number in range(signs.subpleural):
        place = rng.choice(places) if number == 0 else rng.uniform(0, window.lung_beams)
        found.append(
            Consolidation(
                centre=float(place),
                half_width=float(rng.uniform(3, 6.5)) * window.beams_per_mm,
                thickness=float(min(rng.uniform(6, 11), 0.2 * room)),
                level=base + float(rng.uniform(-14, -8)),
                ragged=float(rng.uniform(0.15, 0.3)),
                bronchograms=0,
            )
        )
    return tuple(found)


def bronchogram_mask(
    rng: np.random.Generator,
    consolidation: Consolidation,
    below: FloatArray,
    border: FloatArray,
    beams_per_mm: float,
) -> BoolArray:
    """Draw the bronchi of a large consolidation as short bright dashes.

    Parameters
    ----------
    rng
        Source.
    consolidation
        Where they lie.
    below
        Depth below the pleura in mm of every row, shape (rows,).
    border
        Lower border in mm, shape (beams,).
    beams_per_mm
        Density of the beams.

    Returns
    -------
    ndarray of bool, shape (rows, beams)
    """
    beams = np.arange(len(border))[None, :]
    depth = below[:, None]
    mask = np.zeros((len(below), len(border)), dtype=bool)
    for _ in range(consolidation.bronchograms):
        centre = consolidation.centre + rng.uniform(-0.75, 0.75) * consolidation.half_width
        level = rng.uniform(0.2, 0.8) * consolidation.thickness
        slope = rng.normal(0, 0.5)
        half = rng.uniform(0.6, 2.6)
        across = (beams - centre) / beams_per_mm
        away = np.abs(depth - level - slope * across)
        mask |= (away < rng.uniform(0.4, 0.9)) & (np.abs(across) < half)
    return mask & (depth < 0.92 * border[None, :]) & (depth > 1.5)

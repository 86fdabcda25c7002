"""The chest wall: skin, fat, intercostal muscle, fasciae and ribs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lusscore.cohort.phantom.arrays import ComplexArray, FloatArray, amplitude
from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.pleura import Pleura
from lusscore.cohort.phantom.ribs import Rib, rib_surface
from lusscore.cohort.phantom.speckle import grid_speckle, smooth_line, smooth_noise


@dataclass(frozen=True)
class WallTissue:
    """A patient's chest wall.

    Attributes
    ----------
    thickness
        Depth of the pleura in mm.
    fat
        Share of the thickness that is subcutaneous fat.
    fat_level
        Level of fat in dB relative to muscle.
    texture
        Strength in dB of the streaks in fat and muscle.
    """

    thickness: float
    fat: float
    fat_level: float
    texture: float


def wall_echoes(
    rng: np.random.Generator,
    grid: BeamGrid,
    tissue: WallTissue,
    pleura: Pleura,
    ribs: Sequence[Rib],
) -> ComplexArray:
    """Draw the echoes of the chest wall down to the pleura, which is drawn with the lung.

    Layers lie at fixed shares of the way to the pleura, so that they follow the probe at the
    skin and the pleura at their end. Within them, connective tissue makes streaks that are long
    sideways and thin in depth.

    Returns
    -------
    ndarray of complex64, shape (grid.rows, grid.beams)
        0 below the pleura.
    """
    depths = grid.depths()[:, None]
    way = depths / pleura.depth[None, :]
    level = _layers(way, tissue) + _streaks(rng, grid, tissue, way)
    echoes = grid_speckle(rng, grid, grid.beams) * amplitude(level)
    pulse = max(grid.probe.pulse_length * 0.6, grid.row_step)
    for share, bright in _fasciae(rng, tissue):
        line = pleura.depth * share + 0.25 * smooth_line(rng, grid.beams_of(9, 20), grid.beams)
        strength = bright + 5 * smooth_line(rng, grid.beams_of(6, 20), grid.beams)
        echoes += _line(rng, grid, line, amplitude(strength), pulse)
    arcs = grid.arcs(tissue.thickness)
    for rib in ribs:
        surface = rib_surface(rib, arcs, pleura.depth)
        surface = surface + 0.3 * smooth_line(rng, grid.beams_of(4, 20), grid.beams)
        across = np.abs(arcs - rib.centre) / rib.half_width
        strength = amplitude(
            8 - 10 * across**2 + 2 * smooth_line(rng, grid.beams_of(4, 20), grid.beams)
        )
        strength = strength * (across < 1.1)
        echoes += _line(rng, grid, surface, strength, pulse * 1.5)
    echoes *= np.clip((1.0 - way) * tissue.thickness / 0.6, 0, 1)
    return echoes


def _layers(way: FloatArray, tissue: WallTissue) -> FloatArray:
    """Mean level in dB at a share `way` of the distance to the pleura."""
    edges = np.asarray([0.0, 0.05, 0.09, tissue.fat, tissue.fat + 0.06, 0.93, 1.0])
    levels = np.asarray([9.0, 7.0, tissue.fat_level, tissue.fat_level, 0.0, 0.0, 3.0])
    level: FloatArray = np.interp(way, edges, levels).astype(np.float32)
    return level


def _streaks(
    rng: np.random.Generator, grid: BeamGrid, tissue: WallTissue, way: FloatArray
) -> FloatArray:
    """Streaks of connective tissue in dB, bent along with the layers."""
    rows = max(int(tissue.thickness / grid.row_step) + 1, 8)
    wide = grid.beams_of(9.0, tissue.thickness)
    noise = smooth_noise(rng, 0.9 / grid.row_step, wide, (rows, grid.beams))
    noise += 0.6 * smooth_noise(rng, 3.0 / grid.row_step, 2 * wide, (rows, grid.beams))
    waves = smooth_noise(rng, 9 / grid.row_step, wide, way.shape) * 0.035
    row = np.clip(((way + waves) * (rows - 1)).astype(np.intp), 0, rows - 1)
    return np.float32(tissue.texture) * np.take_along_axis(noise, row, axis=0)


def _fasciae(rng: np.random.Generator, tissue: WallTissue) -> list[tuple[float, float]]:
    """Fascia lines as share of the way to the pleura and level in dB."""
    muscles = rng.uniform(tissue.fat + 0.1, 0.92, rng.integers(1, 3))
    septa = rng.uniform(0.1, tissue.fat, rng.integers(0, 3))
    lines = [(tissue.fat, 9.0), *((share, 6.0) for share in muscles), *((s, 4.0) for s in septa)]
    return [(float(share), level) for share, level in lines]


def _line(
    rng: np.random.Generator,
    grid: BeamGrid,
    depth: FloatArray,
    strength: FloatArray,
    thickness: float,
) -> ComplexArray:
    """Echoes of a smooth interface, laterally coherent, `thickness` mm thick (sigma)."""
    away = (grid.depths()[:, None] - depth[None, :]) / np.float32(thickness)
    phase = np.exp(1j * 1.5 * smooth_line(rng, grid.beams_of(5, 20), grid.beams))
    line: ComplexArray = np.exp(-0.5 * away * away) * (strength * phase)[None, :]
    return line.astype(np.complex64)

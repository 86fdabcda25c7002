"""The chest wall: contact, skin, fat, muscle, ribs, the pleura's course and its reverberations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lusscore.cohort.phantom.beams import (
    BeamGrid,
    ComplexArray,
    FloatArray,
    amplitude,
    smooth_line,
    smooth_noise,
    speckle,
)
from lusscore.cohort.phantom.patients import WallTissue

_MIRROR_ANGLE = 0.09
"""Angle in radians at which the mirror echo of the pleura has dropped to 1/e."""
_LONGITUDINAL_SHARE = 0.7
"""Share of clips with the probe across the ribs; the others look along an intercostal space."""
_LIFT_OFF_SHARE = 0.3
"""Share of clips in which an end of the probe lifts off the chest."""
_BOUNCES = 5


@dataclass(frozen=True)
class Pleura:
    """The pleura under the probe; it belongs to the chest wall and does not slide."""

    depth: FloatArray  # along every beam, mm, shape (beams,)
    mirror: FloatArray  # amplitude of the mirror echo, 1 where the beam meets it squarely


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


def draw_coupling(rng: np.random.Generator, grid: BeamGrid) -> FloatArray:
    """Draw the amplitude that every beam keeps on its way through contact and wall.

    Hair, gel and uneven tissue make broad radial streaks; a rounded chest leaves an end of the
    probe without contact, and the outermost beams have less aperture.
    """
    beams = grid.beams
    across = np.linspace(-1, 1, beams)
    level = 1.6 * smooth_line(rng, 0.14 * beams, beams) - 4 * across**6
    if rng.random() < _LIFT_OFF_SHARE:
        side = rng.choice((-1, 1))
        edge = rng.uniform(0.5, 0.95)
        level -= rng.uniform(8, 25) / (1 + np.exp(-(side * across - edge) / 0.06))
    return amplitude(level.astype(np.float32))


@dataclass(frozen=True)
class Rib:
    """One rib in cross-section, in mm along the pleura."""

    centre: float
    half_width: float
    height: float  # of its surface above the pleura, mm
    opacity: float  # share of the amplitude that its shadow takes away; cartilage lets some pass

    def surface(self, arcs: FloatArray, pleura: FloatArray) -> FloatArray:
        """Depth in mm of its near surface below every beam, an arc that sinks to its edges."""
        across = np.clip(np.abs(arcs - self.centre) / self.half_width, 0, 1)
        height = self.height * (1 - 0.75 * across * across)
        surface: FloatArray = np.maximum(pleura - height, 0.3 * pleura)
        return surface


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
            ribs.append(Rib(centre, half, height, opacity))
    return tuple(ribs)


def rib_shadow(ribs: Sequence[Rib], grid: BeamGrid, pleura: FloatArray) -> FloatArray:
    """Return what is left of the amplitude behind the ribs, shape (rows, beams).

    The shadow's edges are as soft as the beam is wide, so they widen with depth.
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
        behind = np.clip((depths - rib.surface(arcs, pleura)) / 3.0, 0, 1)
        left *= 1 - rib.opacity * (inside * inside * (3 - 2 * inside)) * behind
    return left


def wall_echoes(
    rng: np.random.Generator,
    grid: BeamGrid,
    tissue: WallTissue,
    pleura: Pleura,
    ribs: Sequence[Rib],
) -> ComplexArray:
    """Draw the chest wall down to the pleura, shape (rows, beams), 0 below it.

    Layers lie at fixed shares of the way to the pleura, so that they follow the probe at the
    skin and the pleura at their end. Within them, connective tissue makes streaks that are long
    sideways and thin in depth.
    """

    def uneven(arc: float) -> FloatArray:
        return smooth_line(rng, grid.beams_of(arc, 20), grid.beams)

    way = grid.depths()[:, None] / pleura.depth[None, :]
    level = _layers(way, tissue) + _streaks(rng, grid, tissue, way)
    echoes = speckle(rng, grid.pulse, grid.beam_widths(grid.depths()), grid.beams)
    echoes = echoes * amplitude(level)
    thickness = max(grid.probe.pulse_length * 0.6, grid.row_step)
    for share, bright in _fasciae(rng, tissue):
        depth = pleura.depth * share + 0.25 * uneven(9)
        strength = amplitude(bright + 5 * uneven(6))
        echoes += _interface(grid, depth, strength, 1.5 * uneven(5), thickness)
    arcs = grid.arcs(tissue.thickness)
    for rib in ribs:
        depth = rib.surface(arcs, pleura.depth) + 0.3 * uneven(4)
        across = np.abs(arcs - rib.centre) / rib.half_width
        strength = amplitude(8 - 10 * across**2 + 2 * uneven(4)) * (across < 1.1)
        echoes += _interface(grid, depth, strength, 1.5 * uneven(5), thickness * 1.5)
    echoes *= np.clip((1.0 - way) * tissue.thickness / 0.6, 0, 1)
    return echoes


def _layers(way: FloatArray, tissue: WallTissue) -> FloatArray:
    """Mean level in dB at a share `way` of the distance to the pleura."""
    edges = (0.0, 0.05, 0.09, tissue.fat, tissue.fat + 0.06, 0.93, 1.0)
    levels = (9.0, 7.0, tissue.fat_level, tissue.fat_level, 0.0, 0.0, 3.0)
    return np.asarray(np.interp(way, edges, levels), dtype=np.float32)


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
    muscles = rng.uniform(tissue.fat + 0.1, 0.92, rng.integers(1, 3)).tolist()
    septa = rng.uniform(0.1, tissue.fat, rng.integers(0, 3)).tolist()
    return [(tissue.fat, 9.0), *((share, 6.0) for share in muscles), *((s, 4.0) for s in septa)]


def _interface(
    grid: BeamGrid, depth: FloatArray, strength: FloatArray, phase: FloatArray, thickness: float
) -> ComplexArray:
    """Echoes of a smooth interface, laterally coherent, `thickness` mm thick (sigma)."""
    away = (grid.depths()[:, None] - depth[None, :]) / np.float32(thickness)
    line: ComplexArray = np.exp(-0.5 * away * away) * (strength * np.exp(1j * phase))[None, :]
    return line.astype(np.complex64)


def line_thickness(grid: BeamGrid) -> float:
    """Thickness (sigma) in mm at which the pulse shows a smooth pleura."""
    return grid.probe.pulse_length * 0.55 + 0.15


def still_line(
    rng: np.random.Generator, grid: BeamGrid, pleura: Pleura, level: float
) -> ComplexArray:
    """Draw the part of the pleural line that A-lines repeat, `level` dB; it does not slide."""
    smooth = grid.beams_of(8, 20)
    strength = amplitude(level + 2 * smooth_line(rng, smooth, grid.beams))
    phase = smooth_line(rng, smooth, grid.beams)
    return _interface(grid, pleura.depth, strength, phase, line_thickness(grid))


def reverberations(
    echoes: ComplexArray, grid: BeamGrid, pleura: Pleura, loss: float
) -> ComplexArray:
    """Repeat what lies at and above the pleura below it: A-lines and ghosts of the chest wall.

    Air reflects nearly all sound and the probe's face some of it, so an echo from the depth z
    arrives again after every further trip to the pleura, as if from z + k * d, d being the depth
    of the pleura: its own line at 2 d, 3 d and so on, the A-lines. Each trip costs `loss` dB and
    needs the pleura to send the sound straight back.
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

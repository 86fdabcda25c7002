"""The lung's side of the image: all that slides with breathing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort.phantom.beams import (
    BeamGrid,
    BoolArray,
    ComplexArray,
    FloatArray,
    amplitude,
    smooth_line,
    smooth_noise,
    speckle,
)
from lusscore.cohort.phantom.chest_wall import Pleura, line_thickness
from lusscore.cohort.phantom.scene import Levels, Motion, Scene
from lusscore.cohort.phantom.signs import Consolidation, Signs, Window

ABOVE = 6.0
"""How far above the pleura the lung's canvas starts, mm."""

_RIM_LEVEL, _RIM_DEPTH = 7.0, 2.5
"""The rim under the pleura: level above the haze in dB, depth in mm to 1/e of its power."""
_GAP_LEVEL, _BRONCHOGRAM_LEVEL = -20.0, 9.0
_COHERENT, _DIFFUSE = 0.65, 0.75
"""Shares of a vertical artefact's amplitude that ring as one and that speckle; squares add to 1."""
_Image = TypeVar("_Image", FloatArray, ComplexArray)


@dataclass(frozen=True)
class LungCanvas:
    """Echoes of a lung wider than the view, by depth below the pleura, shape (rows, beams).

    Turning from `first` to `second`, two realisations of the speckle, renews it and keeps the
    interfaces. Row 0 lies `ABOVE` mm above the pleura.
    """

    first: ComplexArray
    second: ComplexArray
    erased: FloatArray  # share of reverberations suppressed by what is in the lung, (beams,)


@dataclass
class _Layers:
    """A canvas being painted: `power` carries speckle, `rigid` keeps its phase; `below` in mm."""

    below: FloatArray
    power: FloatArray
    rigid: ComplexArray
    erased: FloatArray


def canvas_depths(grid: BeamGrid) -> FloatArray:
    """Depths below the pleura in mm of the canvas's rows, shape (rows,)."""
    rows = int(np.ceil((grid.depth + ABOVE) / grid.row_step))
    return (np.arange(rows) * grid.row_step - ABOVE).astype(np.float32)


def paint_lung(rng: np.random.Generator, scene: Scene) -> LungCanvas:
    """Paint the lung of one clip on a canvas of `scene.window.lung_beams` beams."""
    grid, beams = scene.grid, scene.window.lung_beams
    wall = scene.tissue.thickness
    below = canvas_depths(grid)
    haze = haze_power(scene.levels, below, grid.depth - wall)
    layers = _Layers(
        below=below,
        power=np.repeat(haze[:, None], beams, axis=1),
        rigid=np.zeros((len(below), beams), dtype=np.complex64),
        erased=np.zeros(beams, dtype=np.float32),
    )
    if scene.signs.score == 3:
        _whiten(rng, scene, layers)
    _add_vertical_artefacts(rng, scene, layers)
    cover = _consolidate(rng, scene, layers)
    rigid = layers.rigid + pleural_line(rng, scene, cover)
    texture = np.sqrt(layers.power)
    widths = grid.beam_widths(np.maximum(below + np.float32(wall), 1))
    return LungCanvas(
        first=texture * speckle(rng, grid.pulse, widths, beams) + rigid,
        # a quarter turn away, so that what is rigid keeps its strength at any mixture
        second=texture * speckle(rng, grid.pulse, widths, beams) + np.complex64(1j) * rigid,
        erased=np.maximum(layers.erased, cover),
    )


def haze_power(levels: Levels, below: FloatArray, reach: float) -> FloatArray:
    """Power of aerated lung, shape as `below`: a bright rim, then a decay over `reach` mm."""
    depth = np.maximum(below, 0)
    diffuse = np.square(amplitude(levels.haze - levels.decay * depth / np.float32(reach)))
    rim = np.square(amplitude(levels.haze + _RIM_LEVEL)) * np.exp(-depth / _RIM_DEPTH)
    return np.asarray((diffuse + rim) * (below > 0), dtype=np.float32)


def _whiten(rng: np.random.Generator, scene: Scene, layers: _Layers) -> None:
    """Let vertical artefacts flow together over the whole lung."""
    modulation = 2.5 * smooth_line(rng, 7 * scene.window.beams_per_mm, len(layers.erased))
    white = np.square(amplitude(scene.levels.white + modulation))
    layers.power += white[None, :] * (layers.below > 0)[:, None]
    layers.erased[:] = 1


def _add_vertical_artefacts(rng: np.random.Generator, scene: Scene, layers: _Layers) -> None:
    """Add B-lines and comet tails; part of them rings as one across their width."""
    rows, beams = layers.power.shape
    pulse = 1.6 * scene.grid.probe.pulse_length / scene.grid.row_step
    for artefact in scene.artefacts:
        profile = artefact.profile(beams)
        along = (layers.below > 0) * amplitude(artefact.level)
        if artefact.length is None:
            layers.erased = np.maximum(layers.erased, profile)
        else:
            along = along * np.exp(-np.maximum(layers.below, 0) / artefact.length)
        real, imaginary = smooth_noise(rng, pulse, 1.0, (rows, 2)).T
        ringing = (real + 1j * imaginary) / np.sqrt(2)
        layers.power += np.square(_DIFFUSE * along)[:, None] * np.square(profile)[None, :]
        layers.rigid += (_COHERENT * along * ringing)[:, None] * profile[None, :]


def _consolidate(rng: np.random.Generator, scene: Scene, layers: _Layers) -> FloatArray:
    """Replace lung by consolidations and return their cover of the pleura, 0–1 per beam."""
    below, density = layers.below, scene.window.beams_per_mm
    cover = np.zeros(len(layers.erased), dtype=np.float32)
    for consolidation in scene.consolidations:
        border = consolidation.border(rng, len(cover), density)
        inside = np.clip((border[None, :] - below[:, None]) / 0.8, 0, 1) * (below > 0)[:, None]
        mottle = smooth_noise(rng, 3.0 / scene.grid.row_step, 4 * density, layers.power.shape)
        tissue = np.square(amplitude(consolidation.level + 2.5 * mottle))
        layers.power += inside * (tissue - layers.power)
        layers.rigid *= 1 - inside
        layers.power += _shreds(rng, below, border, density)
        bronchi = bronchogram_mask(rng, consolidation, below, border, density)
        layers.power[bronchi] = np.square(amplitude(_BRONCHOGRAM_LEVEL))
        cover = np.maximum(cover, np.minimum(border / 3, 1))
    return cover


def _shreds(
    rng: np.random.Generator, below: FloatArray, border: FloatArray, beams_per_mm: float
) -> FloatArray:
    """Power of the bright border between consolidated and aerated lung, and of what it casts."""
    away = below[:, None] - border[None, :]
    glint = amplitude(7 + 4 * smooth_line(rng, 2 * beams_per_mm, len(border)))
    edge = np.square(glint)[None, :] * np.exp(-0.5 * np.square(away / 0.8))
    cast = np.square(amplitude(1.0)) * (away > 0) * np.exp(-np.maximum(away, 0) / 40)
    return np.asarray((edge + cast) * (border > 0.6)[None, :], dtype=np.float32)


def bronchogram_mask(
    rng: np.random.Generator,
    consolidation: Consolidation,
    below: FloatArray,
    border: FloatArray,
    beams_per_mm: float,
) -> BoolArray:
    """Draw the bronchi of a large consolidation as short bright dashes, shape (rows, beams)."""
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


def pleural_line(rng: np.random.Generator, scene: Scene, cover: FloatArray) -> ComplexArray:
    """Draw the line that the visceral pleura makes: smooth and thin, or uneven, thick and broken.

    `cover` is the share of consolidated lung right below every beam, 0–1, which takes the line's
    strength because there is no air behind it.
    """
    signs, window = scene.signs, scene.window

    def wave(width: float) -> FloatArray:
        return smooth_line(rng, width * window.beams_per_mm, window.lung_beams)

    uneven = signs.irregularity
    offset = uneven * (0.45 * wave(2.5) + 0.35 * wave(8))
    mottle = wave(2.0) + wave(6)
    strength = scene.levels.pleura + (0.8 + 3.2 * uneven) * mottle - 2.5 * uneven - 14 * cover
    strength += _GAP_LEVEL * _gaps(rng, signs, window)
    thin = line_thickness(scene.grid) + 0.45 * uneven * rng.uniform(0.3, 1.0)
    thick = thin * (1 + 0.35 * uneven * np.abs(wave(5)))
    away = (canvas_depths(scene.grid)[:, None] - offset[None, :]) / thick[None, :]
    # the echo rings on below the line
    away = np.where(away > 0, away * 0.75, away)
    phase = np.exp(1j * (1 + uneven) * wave(3))
    line: ComplexArray = np.exp(-0.5 * away * away) * (amplitude(strength) * phase)[None, :]
    return line.astype(np.complex64)


def _gaps(rng: np.random.Generator, signs: Signs, window: Window) -> FloatArray:
    """Where the line is broken, 0–1; the first gap stays in view at any phase of breathing."""
    beams = np.arange(window.lung_beams)
    gaps = np.zeros(window.lung_beams, dtype=np.float32)
    for number in range(signs.breaks):
        inner = rng.choice(window.always_visible())
        place = inner if number == 0 else rng.uniform(0, window.lung_beams)
        half = rng.uniform(1.5, 3.5) * window.beams_per_mm
        gaps = np.maximum(gaps, np.exp(-(((beams - place) / half) ** 4)).astype(np.float32))
    return gaps


def slide(
    canvas: LungCanvas, window: Window, motion: Motion, time: float
) -> tuple[ComplexArray, FloatArray]:
    """Cut what is in view at `time` seconds from the lung and renew its speckle.

    Returns the echoes, shape (canvas rows, beams), and the share of the reverberations that is
    suppressed, shape (beams,).
    """
    start = window.margin + motion.sliding(time) * window.beams_per_mm
    angle = motion.turnover(time)
    turned = np.float32(np.cos(angle)) * canvas.first + np.float32(np.sin(angle)) * canvas.second
    beams = len(window.visible)
    erased = cut_beams(canvas.erased[None, :], start, beams)[0]
    return cut_beams(turned, start, beams), erased


def cut_beams(image: _Image, start: float, count: int) -> _Image:
    """Cut `count` columns from the fractional position `start`, interpolating linearly."""
    first = int(start)
    part = np.float32(start - first)
    left, right = image[:, first : first + count], image[:, first + 1 : first + 1 + count]
    return left * (1 - part) + right * part


class PleuraLookup:
    """Moves every beam of a cut of the canvas so that it starts at a pleura that is not level."""

    def __init__(self, grid: BeamGrid, pleura: Pleura) -> None:
        row = (grid.depths()[:, None] - pleura.depth[None, :] + ABOVE) / grid.row_step
        self._inside: FloatArray = (row >= 0).astype(np.float32)
        row = np.clip(row, 0, len(canvas_depths(grid)) - 2)
        first = row.astype(np.intp)
        self._beams = grid.beams
        self._upper: NDArray[np.intp] = first * grid.beams + np.arange(grid.beams)[None, :]
        self._weight: FloatArray = (row - first).astype(np.float32)

    def place(self, lung: ComplexArray) -> ComplexArray:
        """Return the echoes over depth, shape (grid.rows, grid.beams)."""
        flat = lung.ravel()
        seen = flat.take(self._upper) * (1 - self._weight)
        seen += flat.take(self._upper + self._beams) * self._weight
        return seen * self._inside

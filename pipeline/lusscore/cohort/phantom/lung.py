"""The lung's side of the image: all that slides with breathing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lusscore.cohort.phantom.arrays import ComplexArray, FloatArray, amplitude
from lusscore.cohort.phantom.consolidation import bronchogram_mask
from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.pleural_line import pleural_line
from lusscore.cohort.phantom.scene import Scene
from lusscore.cohort.phantom.speckle import smooth_line, smooth_noise, speckle

ABOVE = 6.0
"""How far above the pleura the lung's canvas starts, mm."""

_BRONCHOGRAM_LEVEL = 9.0
_COHERENT, _DIFFUSE = 0.65, 0.75
"""Shares of a vertical artefact's amplitude that ring as one and that speckle; squares add to 1."""


@dataclass(frozen=True)
class LungCanvas:
    """Echoes of a lung wider than the view, by depth below the pleura.

    Attributes
    ----------
    first, second
        Two realisations of the speckle, shape (rows, beams); row 0 lies `ABOVE` mm above the
        pleura. Turning from one to the other renews the speckle and keeps the interfaces.
    erased
        Share of the reverberations that vertical artefacts and consolidations suppress,
        shape (beams,).
    """

    first: ComplexArray
    second: ComplexArray
    erased: FloatArray


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
    shape = (len(below), beams)
    haze = scene.haze.power(below, grid.depth - wall)
    layers = _Layers(
        below=below,
        power=np.repeat(haze[:, None], beams, axis=1),
        rigid=np.zeros(shape, dtype=np.complex64),
        erased=np.zeros(beams, dtype=np.float32),
    )
    if scene.signs.white:
        _whiten(rng, scene, layers)
    _add_vertical_artefacts(rng, scene, layers)
    cover = _consolidate(rng, scene, layers)
    line = pleural_line(rng, grid, below, scene.signs, scene.window, scene.haze.pleura, cover)
    rigid, texture = layers.rigid + line, np.sqrt(layers.power)
    pulse = grid.probe.pulse_length / grid.row_step
    widths = grid.beam_widths(np.maximum(below + np.float32(wall), 1))
    return LungCanvas(
        first=texture * speckle(rng, pulse, widths, beams) + rigid,
        # a quarter turn away, so that what is rigid keeps its strength at any mixture
        second=texture * speckle(rng, pulse, widths, beams) + np.complex64(1j) * rigid,
        erased=np.maximum(layers.erased, cover),
    )


def _whiten(rng: np.random.Generator, scene: Scene, layers: _Layers) -> None:
    """Let vertical artefacts flow together over the whole lung."""
    modulation = 2.5 * smooth_line(rng, 7 * scene.window.beams_per_mm, len(layers.erased))
    white = np.square(amplitude(scene.haze.white + modulation))
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
    there = (border > 0.6)[None, :]
    glint = amplitude(7 + 4 * smooth_line(rng, 2 * beams_per_mm, len(border)))
    edge = np.square(glint)[None, :] * np.exp(-0.5 * np.square(away / 0.8))
    cast = np.square(amplitude(1.0)) * (away > 0) * np.exp(-np.maximum(away, 0) / 40)
    power: FloatArray = ((edge + cast) * there).astype(np.float32)
    return power

"""The pleural line: smooth and thin in health, uneven, thick and broken in disease."""

from __future__ import annotations

import numpy as np

from lusscore.cohort.phantom.arrays import ComplexArray, FloatArray, amplitude
from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.pleura import Pleura
from lusscore.cohort.phantom.signs import Signs
from lusscore.cohort.phantom.speckle import smooth_line
from lusscore.cohort.phantom.window import Window

_GAP_LEVEL = -20.0


def pleural_line(
    rng: np.random.Generator,
    grid: BeamGrid,
    below: FloatArray,
    signs: Signs,
    window: Window,
    level: float,
    cover: FloatArray,
) -> ComplexArray:
    """Draw the line that the visceral pleura makes; it slides with the lung.

    Parameters
    ----------
    rng
        Source.
    grid
        Beam coordinates, for the pulse.
    below
        Depth below the pleura's mean course in mm of every row, shape (rows,).
    signs
        How uneven and broken it is.
    window
        The lung's extent.
    level
        Level of a smooth line in dB relative to muscle.
    cover
        Share of consolidated lung right below, 0–1, which takes the line's strength because
        there is no air behind it; shape (window.lung_beams,).

    Returns
    -------
    ndarray of complex64, shape (rows, window.lung_beams)
    """
    beams, density = window.lung_beams, window.beams_per_mm
    uneven = signs.irregularity
    offset = uneven * (
        0.45 * smooth_line(rng, 2.5 * density, beams) + 0.35 * smooth_line(rng, 8 * density, beams)
    )
    mottle = smooth_line(rng, 2.0 * density, beams) + smooth_line(rng, 6 * density, beams)
    strength = level + (0.8 + 3.2 * uneven) * mottle - 2.5 * uneven - 14 * cover
    strength += _GAP_LEVEL * _gaps(rng, signs, window)
    thin = _line_thickness(grid) + 0.45 * uneven * rng.uniform(0.3, 1.0)
    thick = thin * (1 + 0.35 * uneven * np.abs(smooth_line(rng, 5 * density, beams)))
    away = (below[:, None] - offset[None, :]) / thick[None, :]
    # the echo rings on below the line
    away = np.where(away > 0, away * 0.75, away)
    phase = np.exp(1j * (1 + uneven) * smooth_line(rng, 3 * density, beams))
    line: ComplexArray = np.exp(-0.5 * away * away) * (amplitude(strength) * phase)[None, :]
    return line.astype(np.complex64)


def still_line(
    rng: np.random.Generator, grid: BeamGrid, pleura: Pleura, level: float
) -> ComplexArray:
    """Draw the part of the pleural line that A-lines repeat; it does not slide.

    Parameters
    ----------
    rng
        Source.
    grid
        Beam coordinates.
    pleura
        Its course, over `grid.beams` beams.
    level
        Level in dB relative to muscle.

    Returns
    -------
    ndarray of complex64, shape (grid.rows, grid.beams)
    """
    away = (grid.depths()[:, None] - pleura.depth[None, :]) / _line_thickness(grid)
    smooth = grid.beams_of(8, 20)
    strength = amplitude(level + 2 * smooth_line(rng, smooth, grid.beams))
    phase = np.exp(1j * smooth_line(rng, smooth, grid.beams))
    line: ComplexArray = np.exp(-0.5 * away * away) * (strength * phase)[None, :]
    return line.astype(np.complex64)


def _line_thickness(grid: BeamGrid) -> float:
    """Thickness (sigma) in mm at which the pulse shows a smooth pleura."""
    return grid.probe.pulse_length * 0.55 + 0.15


def _gaps(rng: np.random.Generator, signs: Signs, window: Window) -> FloatArray:
    """Where the line is broken, 0–1; the first gap stays in view at any phase of breathing."""
    beams = np.arange(window.lung_beams)
    gaps = np.zeros(window.lung_beams, dtype=np.float32)
    for number in range(signs.breaks):
        inner = rng.choice(window.always_visible())
        place = inner if number == 0 else rng.uniform(0, window.lung_beams)
        half = float(rng.uniform(1.5, 3.5)) * window.beams_per_mm
        gaps = np.maximum(gaps, np.exp(-(((beams - place) / half) ** 4)).astype(np.float32))
    return gaps

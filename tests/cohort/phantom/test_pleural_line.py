from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lusscore.cohort.phantom.grid import make_grid
from lusscore.cohort.phantom.lung import canvas_depths
from lusscore.cohort.phantom.pleural_line import pleural_line
from lusscore.cohort.phantom.probes import PROBES
from lusscore.cohort.phantom.signs import Signs, draw_signs
from lusscore.cohort.phantom.window import Window

GRID = make_grid(PROBES[0], 100.0, 256)
WINDOW = Window(np.ones(110, dtype=bool), margin=8, reach=5, beams_per_mm=1.4)
SMOOTH = replace(draw_signs(np.random.default_rng(0), 0, 0.0), irregularity=0.0)


def line(signs: Signs, seed: int = 0, cover: float = 0.0) -> np.ndarray:
    below = canvas_depths(GRID)
    covers = np.full(WINDOW.lung_beams, cover, dtype=np.float32)
    rng = np.random.default_rng(seed)
    return np.abs(pleural_line(rng, GRID, below, signs, WINDOW, 20.0, covers))


def test_a_smooth_line_is_even_thin_and_in_its_place() -> None:
    drawn = line(SMOOTH)
    peaks = canvas_depths(GRID)[drawn.argmax(axis=0)]
    assert np.abs(peaks).max() < GRID.row_step
    assert 20 * np.log10(drawn.max(axis=0)).mean() == pytest.approx(20, abs=1.5)
    assert 20 * np.log10(drawn.max(axis=0)).std() < 3


def test_an_irregular_line_is_uneven_in_depth_and_strength() -> None:
    rough = line(replace(SMOOTH, irregularity=0.9))
    peaks = canvas_depths(GRID)[rough.argmax(axis=0)]
    assert peaks.std() > 0.3
    assert 20 * np.log10(rough.max(axis=0)).std() > 3


@pytest.mark.parametrize("seed", range(5))
def test_a_broken_line_has_a_gap_that_stays_in_view(seed: int) -> None:
    strength = 20 * np.log10(line(replace(SMOOTH, breaks=1), seed).max(axis=0))
    gap = np.flatnonzero(strength < 6)
    assert 3 <= len(gap) <= 16
    assert set(gap) & set(WINDOW.always_visible())


def test_consolidated_lung_below_weakens_the_line() -> None:
    assert line(SMOOTH, cover=1.0).max() < 0.35 * line(SMOOTH).max()

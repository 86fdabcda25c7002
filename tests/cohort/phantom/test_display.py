from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.display import Display, colour_map
from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.probes import PROBES

DISPLAY = Display(white=30.0, dynamic_range=60.0, grain=1.0, gamma=1.25, tilt=0.1, noise=-40.0)


def compressed(level: float) -> float:
    echoes = np.full((20, 20), 10 ** (level / 20), dtype=np.complex64)
    return float(DISPLAY.compress(echoes)[10, 10])


def test_compression_is_linear_in_decibels_and_clips() -> None:
    assert [compressed(level) for level in (30, 15, 0, -30)] == pytest.approx(
        [1, 0.75, 0.5, 0], abs=1e-4
    )
    assert compressed(60) == 1
    assert compressed(-80) == 0


def test_the_gain_curve_tilts_around_the_middle(grid: BeamGrid) -> None:
    depths = grid.depths()
    level = 20 * np.log10(DISPLAY.gain_curve(depths))
    assert level.mean() == pytest.approx(0, abs=1e-3)
    assert level[-1] - level[0] == pytest.approx(0.1 * (depths[-1] - depths[0]), rel=1e-3)


def test_noise_grows_with_depth_and_frequency_up_to_a_limit() -> None:
    depths = np.linspace(1, 120, 50).astype(np.float32)
    curves = [20 * np.log10(DISPLAY.noise_curve(depths, probe)) for probe in PROBES]
    assert all((np.diff(curve) > 0).all() for curve in curves)
    assert all(curve.max() < -40 + 30 for curve in curves)
    assert curves[2][20] > curves[0][20]


def test_the_colour_map_runs_from_black_to_the_tint() -> None:
    colours = colour_map(DISPLAY, PROBES[1])
    assert colours.shape == (1024, 3)
    assert colours[0].tolist() == [0, 0, 0]
    assert colours[-1] == pytest.approx(255 * np.asarray(PROBES[1].tint), abs=1)
    assert (np.diff(colours.astype(int), axis=0) >= 0).all()

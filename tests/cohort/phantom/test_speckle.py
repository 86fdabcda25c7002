from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.speckle import grid_speckle, smooth_line, smooth_noise, speckle


def correlation(field: np.ndarray, lag: int, axis: int) -> float:
    rolled = np.roll(field, lag, axis)
    return float(np.abs(np.vdot(field, rolled)) / np.vdot(field, field).real)


def test_the_envelope_is_rayleigh_distributed() -> None:
    widths = np.full(600, 3.0, dtype=np.float32)
    envelope = np.abs(speckle(np.random.default_rng(0), 3.0, widths, 600))
    # of a Rayleigh variable: mean / standard deviation = sqrt(pi / (4 - pi)) = 1.91
    assert envelope.mean() / envelope.std() == pytest.approx(1.913, abs=0.03)
    assert np.mean(envelope**2) == pytest.approx(1, abs=0.03)


def test_the_phase_is_uniform() -> None:
    field = speckle(np.random.default_rng(1), 2.0, np.full(400, 2.0, dtype=np.float32), 400)
    assert abs(field.mean()) < 0.02
    assert abs(np.mean(field**2)) < 0.02


@pytest.mark.parametrize("axis", [0, 1])
def test_the_correlation_length_is_that_of_the_point_spread_function(axis: int) -> None:
    widths = (3.0, 9.0) if axis else (9.0, 3.0)
    lateral = np.full(512, widths[1], dtype=np.float32)
    field = speckle(np.random.default_rng(2), widths[0], lateral, 512)
    # a Gaussian of width w correlates like a Gaussian of width sqrt(2) w: half at 0.707 w
    half = 0.707 * widths[axis]
    assert correlation(field, int(half - 1), axis) > 0.5 > correlation(field, int(half + 2), axis)


def test_lateral_width_may_change_with_depth() -> None:
    widths = np.linspace(2, 14, 512).astype(np.float32)
    field = speckle(np.random.default_rng(3), 2.0, widths, 512)
    assert correlation(field[-100:], 4, 1) > correlation(field[:100], 4, 1) + 0.3


def test_power_is_even_over_depth(grid: BeamGrid) -> None:
    field = grid_speckle(np.random.default_rng(4), grid, 800)
    power = np.mean(np.abs(field) ** 2, axis=1)
    assert np.mean(power) == pytest.approx(1, abs=0.05)
    assert np.std(power) < 0.15


def test_smooth_noise_and_lines_have_unit_variance() -> None:
    rng = np.random.default_rng(5)
    assert smooth_noise(rng, 3, 5, (300, 300)).std() == pytest.approx(1, abs=0.08)
    assert smooth_line(rng, 4, 20000).std() == pytest.approx(1, abs=0.05)

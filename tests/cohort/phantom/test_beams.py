from __future__ import annotations

import itertools

import numpy as np
import pytest

from lusscore.cohort.phantom.beams import (
    PROBE_SHARES,
    PROBES,
    BeamGrid,
    keyed_generator,
    make_grid,
    speckle,
)


def test_every_part_of_a_key_counts_and_nothing_else() -> None:
    keys = list(itertools.product((0, 1), (1, 2), ("L-ant-sup", "R-ant-sup"), ("ribs", "wall")))
    first, second = ([tuple(keyed_generator(*key).random(4)) for key in keys] for _ in range(2))
    assert first == second
    assert len(set(first)) == 16


def test_probes_are_named_as_synthetic_and_each_has_a_share() -> None:
    assert all(probe.name.startswith("phantom-") for probe in PROBES)
    assert {probe.convex for probe in PROBES} == {True, False}
    assert len(PROBE_SHARES) == len(PROBES)
    assert sum(PROBE_SHARES) == pytest.approx(1)


def test_the_beam_is_wider_far_away_than_at_the_focus(grid: BeamGrid) -> None:
    probe = grid.probe
    near, focus, far = grid.resolution(np.float32([2, probe.focus, 2.5 * probe.focus]))
    assert near > 0.9 * focus
    assert far > 1.5 * focus
    assert focus == pytest.approx(probe.wavelength * probe.focus / probe.aperture, rel=0.05)


def test_beams_fan_out_below_a_convex_probe_only() -> None:
    for probe in PROBES:
        grid = make_grid(probe, 60, 128)
        shallow, deep = grid.beams_of(10, 10), grid.beams_of(10, 50)
        assert (deep < shallow) if probe.convex else (deep == shallow)


def _correlation(field: np.ndarray, lag: int, axis: int) -> float:
    rolled = np.roll(field, lag, axis)
    return float(np.abs(np.vdot(field, rolled)) / np.vdot(field, field).real)


def test_the_envelope_is_rayleigh_distributed_and_the_phase_uniform() -> None:
    field = speckle(np.random.default_rng(0), 3.0, np.full(600, 3.0, dtype=np.float32), 600)
    envelope = np.abs(field)
    # of a Rayleigh variable: mean / standard deviation = sqrt(pi / (4 - pi)) = 1.91
    assert envelope.mean() / envelope.std() == pytest.approx(1.913, abs=0.03)
    assert np.mean(envelope**2) == pytest.approx(1, abs=0.03)
    assert max(abs(field.mean()), abs(np.mean(field**2))) < 0.02


@pytest.mark.parametrize("axis", [0, 1])
def test_the_correlation_length_is_that_of_the_point_spread_function(axis: int) -> None:
    widths = (3.0, 9.0) if axis else (9.0, 3.0)
    lateral = np.full(512, widths[1], dtype=np.float32)
    field = speckle(np.random.default_rng(2), widths[0], lateral, 512)
    # a Gaussian of width w correlates like a Gaussian of width sqrt(2) w: half at 0.707 w
    half = 0.707 * widths[axis]
    assert _correlation(field, int(half - 1), axis) > 0.5
    assert _correlation(field, int(half + 2), axis) < 0.5

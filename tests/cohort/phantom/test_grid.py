from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.grid import BeamGrid, make_grid
from lusscore.cohort.phantom.probes import PROBES


def test_samples_segment_the_field_of_view(grid: BeamGrid) -> None:
    depths, laterals = grid.depths(), grid.laterals()
    assert depths[0] == pytest.approx(grid.row_step / 2)
    assert depths[-1] == pytest.approx(grid.depth - grid.row_step / 2)
    assert laterals[-1] - laterals[0] + grid.beam_step == pytest.approx(grid.probe.width)
    assert laterals.sum() == pytest.approx(0, abs=1e-3)


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


def test_widening_keeps_the_beams_where_they_are(grid: BeamGrid) -> None:
    wide = grid.widened(5)
    assert wide.beams == grid.beams + 10
    assert wide.laterals()[5:-5] == pytest.approx(grid.laterals(), abs=1e-5)

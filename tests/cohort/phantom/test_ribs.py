from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.ribs import Rib, draw_ribs, rib_shadow, rib_surface

RIB = Rib(centre=0.0, half_width=6.0, height=6.0, opacity=0.95)


@pytest.fixture
def flat(grid: BeamGrid) -> np.ndarray:
    return np.full(grid.beams, 20.0, dtype=np.float32)


def test_a_rib_shadows_what_is_behind_it_down_to_the_bottom(
    grid: BeamGrid, flat: np.ndarray
) -> None:
    shadow = rib_shadow([RIB], grid, flat)
    middle, depths = grid.beams // 2, grid.depths()
    assert shadow[depths > 20, middle].max() < 0.25
    assert shadow[depths < 13, middle].min() == 1
    outside = np.abs(grid.arcs(20.0)) > 15
    assert shadow[depths < 40][:, outside].min() > 0.95


def test_the_edge_of_a_shadow_is_softer_further_down(grid: BeamGrid, flat: np.ndarray) -> None:
    shadow = rib_shadow([RIB], grid, flat)
    across = 1 / (grid.probe.radius + grid.depths()) if grid.probe.convex else None
    partial = ((shadow > 0.2) & (shadow < 0.9)).sum(axis=1).astype(float)
    if across is not None:
        partial /= across
    assert partial[-40:].mean() > partial[grid.depths() > 24][:10].mean()


def test_the_surface_stands_above_the_pleura_and_sinks_to_its_edges(
    grid: BeamGrid, flat: np.ndarray
) -> None:
    surface = rib_surface(RIB, grid.arcs(20.0), flat)
    assert surface.min() == pytest.approx(14, abs=0.1)
    assert abs(int(surface.argmin()) - grid.beams / 2) <= 1
    assert (surface < flat).all()


def test_some_views_have_no_ribs_and_the_others_an_intercostal_space(grid: BeamGrid) -> None:
    views = [draw_ribs(np.random.default_rng(seed), grid, 22.0) for seed in range(60)]
    assert 0.1 < np.mean([not view for view in views]) < 0.6
    for view in filter(None, views):
        centres = np.sort([rib.centre for rib in view])
        gaps = np.diff(centres) - 2 * max(rib.half_width for rib in view)
        assert (gaps > 4).all()


def test_no_ribs_no_shadow(grid: BeamGrid, flat: np.ndarray) -> None:
    assert (rib_shadow([], grid, flat) == 1).all()

from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.beams import BeamGrid
from lusscore.cohort.phantom.chest_wall import (
    Pleura,
    Rib,
    draw_pleura,
    draw_ribs,
    reverberations,
    rib_shadow,
    still_line,
    wall_echoes,
)
from lusscore.cohort.phantom.patients import WallTissue

TISSUE = WallTissue(thickness=22.0, fat=0.5, fat_level=-10.0, texture=4.0)
RIB = Rib(centre=0.0, half_width=6.0, height=6.0, opacity=0.95)
LOSS = 9.0


@pytest.fixture
def pleura(grid: BeamGrid) -> Pleura:
    return draw_pleura(np.random.default_rng(0), grid, TISSUE.thickness)


@pytest.fixture
def flat(grid: BeamGrid) -> np.ndarray:
    return np.full(grid.beams, 20.0, dtype=np.float32)


def test_there_is_nothing_below_the_pleura(grid: BeamGrid, pleura: Pleura) -> None:
    echoes = np.abs(wall_echoes(np.random.default_rng(1), grid, TISSUE, pleura, ()))
    below = grid.depths()[:, None] > pleura.depth[None, :]
    assert echoes[below].max() == 0
    assert echoes[~below].mean() > 0.1


def test_skin_is_brighter_than_muscle_and_muscle_than_fat(grid: BeamGrid, pleura: Pleura) -> None:
    way = grid.depths() / TISSUE.thickness
    middle = slice(grid.beams // 3, 2 * grid.beams // 3)
    rngs = [np.random.default_rng(seed) for seed in range(8)]
    runs = np.abs([wall_echoes(rng, grid, TISSUE, pleura, ())[:, middle] for rng in rngs])

    def level(low: float, high: float) -> float:
        return float(20 * np.log10(np.median(runs[:, (way > low) & (way < high)])))

    muscle = level(0.62, 0.85)
    assert level(0.0, 0.06) > muscle + 4
    assert level(0.15, 0.4) == pytest.approx(muscle + TISSUE.fat_level, abs=3)


def test_the_pleura_lies_where_the_chest_wall_ends(grid: BeamGrid) -> None:
    for seed in range(20):
        pleura = draw_pleura(np.random.default_rng(seed), grid, 20.0)
        assert pleura.depth[grid.beams // 2] == pytest.approx(20, abs=0.5)
        slope = np.abs(np.gradient(pleura.depth, grid.arcs(20.0)))
        assert pleura.mirror.max() <= 1
        assert slope[pleura.mirror.argmax()] <= slope.min() + 0.01
        assert (pleura.mirror[slope > 0.2] < 0.02).all()


def test_a_rib_shadows_what_is_behind_it_down_to_the_bottom(
    grid: BeamGrid, flat: np.ndarray
) -> None:
    assert (rib_shadow([], grid, flat) == 1).all()
    shadow = rib_shadow([RIB], grid, flat)
    middle, depths = grid.beams // 2, grid.depths()
    assert shadow[depths > 20, middle].max() < 0.25
    assert shadow[depths < 13, middle].min() == 1
    outside = np.abs(grid.arcs(20.0)) > 15
    assert shadow[depths < 40][:, outside].min() > 0.95


def test_the_edge_of_a_shadow_is_softer_further_down(grid: BeamGrid, flat: np.ndarray) -> None:
    shadow = rib_shadow([RIB], grid, flat)
    partial = ((shadow > 0.2) & (shadow < 0.9)).sum(axis=1).astype(float)
    if grid.probe.convex:
        partial *= grid.probe.radius + grid.depths()
    assert partial[-40:].mean() > partial[grid.depths() > 24][:10].mean()


def test_some_views_have_no_ribs_and_the_others_an_intercostal_space(grid: BeamGrid) -> None:
    views = [draw_ribs(np.random.default_rng(seed), grid, 22.0) for seed in range(60)]
    assert 0.1 < np.mean([not view for view in views]) < 0.6
    for view in filter(None, views):
        centres = np.sort([rib.centre for rib in view])
        gaps = np.diff(centres) - 2 * max(rib.half_width for rib in view)
        assert (gaps > 4).all()


@pytest.mark.parametrize("tilt", [0.0, 0.08])
def test_a_lines_lie_at_multiples_of_the_pleural_depth_and_lose_the_same_each_time(
    grid: BeamGrid, tilt: float
) -> None:
    wall = grid.depth / 5.5
    depth = (wall + tilt * grid.arcs(wall)).astype(np.float32)
    pleura = Pleura(depth, np.ones_like(depth))
    line = still_line(np.random.default_rng(0), grid, pleura, 20.0)
    ghosts = reverberations(line, grid, pleura, LOSS)
    depths = grid.depths()
    for beam in range(10, grid.beams - 10, 12):
        own = np.abs(line[:, beam]).max()
        for order in (2, 3, 4):
            near = np.abs(depths - order * depth[beam]) < wall / 3
            column = np.abs(ghosts[near, beam])
            found = depths[near][column.argmax()]
            assert found == pytest.approx(order * depth[beam], abs=1.5 * grid.row_step)
            lost = 20 * np.log10(column.max() / own)
            assert lost == pytest.approx(-LOSS * (order - 1), abs=0.6)


def test_a_pleura_at_an_angle_repeats_nothing(grid: BeamGrid, flat: np.ndarray) -> None:
    half = grid.beams // 2
    pleura = Pleura(flat, (np.arange(grid.beams) < half).astype(np.float32))
    line = still_line(np.random.default_rng(0), grid, pleura, 20.0)
    ghosts = np.abs(reverberations(line, grid, pleura, LOSS))
    assert ghosts[:, :half].max() > 1
    assert ghosts[:, half:].max() == 0

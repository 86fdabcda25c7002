from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.pleura import Pleura
from lusscore.cohort.phantom.pleural_line import still_line
from lusscore.cohort.phantom.reverberation import reverberations

LOSS = 9.0


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


def test_a_pleura_that_looks_away_repeats_nothing(grid: BeamGrid) -> None:
    depth = np.full(grid.beams, 20.0, dtype=np.float32)
    mirror = np.zeros(grid.beams, dtype=np.float32)
    mirror[: grid.beams // 2] = 1
    pleura = Pleura(depth, mirror)
    line = still_line(np.random.default_rng(0), grid, pleura, 20.0)
    ghosts = np.abs(reverberations(line, grid, pleura, LOSS))
    assert ghosts[:, : grid.beams // 2].max() > 1
    assert ghosts[:, grid.beams // 2 :].max() == 0

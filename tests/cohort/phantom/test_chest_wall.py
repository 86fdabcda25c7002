from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.chest_wall import WallTissue, wall_echoes
from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.pleura import draw_pleura
from lusscore.cohort.phantom.ribs import Rib

TISSUE = WallTissue(thickness=22.0, fat=0.5, fat_level=-10.0, texture=4.0)


def wall(grid: BeamGrid, seed: int) -> np.ndarray:
    pleura = draw_pleura(np.random.default_rng(0), grid, TISSUE.thickness)
    return np.abs(wall_echoes(np.random.default_rng(seed), grid, TISSUE, pleura, ()))


def test_there_is_nothing_below_the_pleura(grid: BeamGrid) -> None:
    echoes = wall(grid, 1)
    pleura = draw_pleura(np.random.default_rng(0), grid, TISSUE.thickness)
    below = grid.depths()[:, None] > pleura.depth[None, :]
    assert echoes[below].max() == 0
    assert echoes[~below].mean() > 0.1


def test_skin_is_brighter_than_muscle_and_muscle_than_fat(grid: BeamGrid) -> None:
    way = grid.depths() / TISSUE.thickness
    middle = slice(grid.beams // 3, 2 * grid.beams // 3)
    runs = np.asarray([wall(grid, seed)[:, middle] for seed in range(8)])

    def level(low: float, high: float) -> float:
        return float(20 * np.log10(np.median(runs[:, (way > low) & (way < high)])))

    muscle = level(0.62, 0.85)
    assert level(0.0, 0.06) > muscle + 4
    assert level(0.15, 0.4) == pytest.approx(muscle + TISSUE.fat_level, abs=3)


def test_a_rib_has_a_bright_surface(grid: BeamGrid) -> None:
    pleura = draw_pleura(np.random.default_rng(0), grid, TISSUE.thickness)
    rib = Rib(centre=0.0, half_width=6.0, height=7.0, opacity=0.9)
    with_rib = wall_echoes(np.random.default_rng(1), grid, TISSUE, pleura, (rib,))
    column = np.abs(with_rib[:, grid.beams // 2])
    surface = pleura.depth[grid.beams // 2] - 7
    near = np.abs(grid.depths() - surface) < 1.2
    assert column[near].max() > 1.5

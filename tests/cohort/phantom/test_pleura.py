from __future__ import annotations

import numpy as np

from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.pleura import draw_pleura


def test_the_pleura_lies_where_the_chest_wall_ends(grid: BeamGrid) -> None:
    depths = [
        draw_pleura(np.random.default_rng(seed), grid, 20.0).depth[grid.beams // 2]
        for seed in range(20)
    ]
    assert np.abs(np.asarray(depths) - 20).max() < 0.5


def test_the_mirror_echo_is_strongest_where_the_beam_meets_it_squarely(grid: BeamGrid) -> None:
    for seed in range(20):
        pleura = draw_pleura(np.random.default_rng(seed), grid, 20.0)
        slope = np.abs(np.gradient(pleura.depth, grid.arcs(20.0)))
        assert pleura.mirror.max() <= 1
        assert slope[pleura.mirror.argmax()] <= slope.min() + 0.01
        steep = slope > 0.2
        assert not steep.any() or pleura.mirror[steep].max() < 0.02

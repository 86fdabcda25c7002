from __future__ import annotations

import numpy as np

from lusscore.cohort.phantom.coupling import draw_coupling
from lusscore.cohort.phantom.grid import BeamGrid


def test_most_contacts_are_even_and_some_lift_off_at_one_end(grid: BeamGrid) -> None:
    levels = np.asarray(
        [20 * np.log10(draw_coupling(np.random.default_rng(seed), grid)) for seed in range(80)]
    )
    middle = levels[:, grid.beams // 3 : 2 * grid.beams // 3]
    assert np.abs(middle).mean() < 2
    ends = np.minimum(levels[:, :6].mean(axis=1), levels[:, -6:].mean(axis=1))
    assert 0.1 < np.mean(ends < -10) < 0.6

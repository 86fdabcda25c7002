from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lusscore.cohort.phantom.consolidation import (
    Consolidation,
    bronchogram_mask,
    draw_consolidations,
)
from lusscore.cohort.phantom.signs import draw_signs
from lusscore.cohort.phantom.window import Window

WINDOW = Window(np.ones(90, dtype=bool), margin=8, reach=6, beams_per_mm=1.5)


def draw_for(score: int, seed: int) -> tuple[Consolidation, ...]:
    rng = np.random.default_rng(seed)
    return draw_consolidations(rng, draw_signs(rng, score, 1.0), WINDOW, room=80.0, base=-3.0)


@pytest.mark.parametrize("score", [0, 1])
def test_low_scores_have_none(score: int) -> None:
    assert not any(draw_for(score, seed) for seed in range(20))


@given(seed=st.integers(0, 2**32))
def test_score_2_has_a_small_dark_one_in_view_at_any_time(seed: int) -> None:
    first, *_ = draw_for(2, seed)
    assert first.centre in WINDOW.always_visible()
    assert 5 <= first.thickness <= 11
    assert first.level < -3.0 - 7


def test_large_ones_are_large_and_hold_air_bronchograms() -> None:
    large = [found for seed in range(30) for found in draw_for(3, seed) if found.bronchograms]
    assert large
    assert all(found.thickness >= 14 for found in large)
    assert all(2 * found.half_width / WINDOW.beams_per_mm >= 16 for found in large)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_border_is_ragged_and_ends_beside_the_consolidation(seed: int) -> None:
    found = Consolidation(45, 12, thickness=20, level=-8, ragged=0.2, bronchograms=5)
    border = found.border(np.random.default_rng(seed), 90, 1.5)
    assert border.shape == (90,)
    assert border[45] >= 0.7 * found.thickness
    assert border.max() <= 1.5 * found.thickness
    assert not border[:33].any()
    assert not border[58:].any()
    smooth = replace(found, ragged=0.0).border(np.random.default_rng(seed), 90, 1.5)
    assert np.abs(border - smooth).max() > 0.5


def test_bronchograms_lie_inside() -> None:
    found = Consolidation(45, 20, thickness=25, level=-8, ragged=0.1, bronchograms=8)
    rng = np.random.default_rng(0)
    border = found.border(rng, 90, 1.5)
    below = np.linspace(-6, 60, 200).astype(np.float32)
    mask = bronchogram_mask(rng, found, below, border, 1.5)
    rows, beams = np.nonzero(mask)
    assert mask.any()
    assert (below[rows] < border[beams]).all()
    assert (below[rows] > 0).all()

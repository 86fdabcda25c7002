from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort.phantom.signs import HALF, MOST_NORMAL_B_LINES, draw_signs

seeds = st.integers(0, 2**32)
overlaps = st.floats(0, 1)


@given(seed=seeds, overlap=overlaps)
def test_score_0_has_smooth_pleura_and_at_most_two_b_lines(seed: int, overlap: float) -> None:
    signs = draw_signs(np.random.default_rng(seed), 0, overlap)
    assert signs.b_lines is not None
    assert signs.b_lines <= MOST_NORMAL_B_LINES == 2
    assert signs.irregularity <= 0.3
    assert (signs.breaks, signs.subpleural) == (0, 0)
    assert (signs.consolidation, signs.white) == (False, False)


@given(seed=seeds, overlap=overlaps)
def test_score_1_has_irregular_pleura_and_artefacts_on_at_most_half(
    seed: int, overlap: float
) -> None:
    signs = draw_signs(np.random.default_rng(seed), 1, overlap)
    assert signs.irregularity > 0.3
    assert 0 < signs.coverage <= HALF
    assert (signs.breaks, signs.subpleural) == (0, 0)
    assert (signs.consolidation, signs.white) == (False, False)


@given(seed=seeds, overlap=overlaps)
def test_score_2_has_broken_pleura_artefacts_on_more_than_half_and_consolidations(
    seed: int, overlap: float
) -> None:
    signs = draw_signs(np.random.default_rng(seed), 2, overlap)
    assert signs.breaks >= 1
    assert signs.coverage > HALF
    assert signs.subpleural >= 1
    assert not signs.white


@given(seed=seeds, overlap=overlaps)
def test_score_3_has_white_lung(seed: int, overlap: float) -> None:
    assert draw_signs(np.random.default_rng(seed), 3, overlap).white


def test_score_3_comes_with_and_without_large_consolidations() -> None:
    rng = np.random.default_rng(0)
    assert {draw_signs(rng, 3, 1.0).consolidation for _ in range(30)} == {True, False}


@pytest.mark.parametrize("score", [0, 1, 2, 3])
def test_overlap_widens_the_spread_of_signs(score: int) -> None:
    def spread(overlap: float) -> float:
        rng = np.random.default_rng(1)
        return float(np.std([draw_signs(rng, score, overlap).irregularity for _ in range(50)]))

    assert spread(0.0) == pytest.approx(0, abs=1e-12)
    assert 0 < spread(0.5) < spread(1.0)

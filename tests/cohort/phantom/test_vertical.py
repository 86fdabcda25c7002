from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lusscore.cohort.phantom.signs import HALF, draw_signs
from lusscore.cohort.phantom.vertical import (
    VerticalArtefact,
    covered,
    draw_vertical_artefacts,
)
from lusscore.cohort.phantom.window import Window

BASE = -3.0


@st.composite
def windows(draw: st.DrawFn) -> Window:
    beams = draw(st.integers(50, 160))
    start = draw(st.integers(0, beams - 40))
    stop = draw(st.integers(start + 30, beams))
    visible = np.zeros(beams, dtype=bool)
    visible[start:stop] = True
    reach = draw(st.integers(0, (stop - start) // 3))
    return Window(visible, reach + 2, reach, draw(st.floats(0.8, 3.0)))


def draw_for(score: int, seed: int, window: Window) -> tuple[VerticalArtefact, ...]:
    rng = np.random.default_rng(seed)
    return draw_vertical_artefacts(rng, draw_signs(rng, score, 1.0), window, BASE)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), window=windows())
def test_score_0_shows_at_most_two_b_lines(seed: int, window: Window) -> None:
    artefacts = draw_for(0, seed, window)
    assert sum(artefact.length is None for artefact in artefacts) <= 2


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), window=windows())
def test_score_1_always_shows_artefacts_on_at_most_half(seed: int, window: Window) -> None:
    least, most = covered(draw_for(1, seed, window), window)
    assert least > 0
    assert most <= HALF


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), window=windows())
def test_score_2_always_shows_artefacts_on_more_than_half(seed: int, window: Window) -> None:
    least, _ = covered(draw_for(2, seed, window), window)
    assert least > HALF


@settings(max_examples=30, deadline=None)
@given(score=st.integers(0, 3), seed=st.integers(0, 2**32), window=windows())
def test_b_lines_stand_out(score: int, seed: int, window: Window) -> None:
    assert all(artefact.level > BASE for artefact in draw_for(score, seed, window))


def test_the_width_is_that_at_half_amplitude() -> None:
    profile = VerticalArtefact(centre=20, width=8, level=0).profile(41)
    assert profile[20] == pytest.approx(1)
    assert profile[[16, 24]] == pytest.approx([0.5, 0.5], abs=1e-5)
    assert profile.argmax() == 20


def test_coverage_follows_the_sliding_lung_and_leaves_out_comet_tails() -> None:
    visible = np.zeros(30, dtype=bool)
    visible[10:20] = True
    window = Window(visible, margin=5, reach=3, beams_per_mm=1.0)
    # over beams 22 to 24 of the lung, which are 17 to 19 of the view where nothing moves
    line = VerticalArtefact(centre=23, width=2.2, level=0)
    tail = VerticalArtefact(centre=18, width=9, level=0, length=5)
    assert covered([line, tail], window) == (0.0, pytest.approx(0.3))
    assert covered([tail], window) == (0.0, 0.0)

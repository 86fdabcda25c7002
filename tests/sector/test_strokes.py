import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.sector.statistics import ClipStatistics
from lusscore.sector.strokes import stroke_edges


def edges(luma: np.ndarray, least: int = 100) -> np.ndarray:
    statistics = ClipStatistics()
    statistics.add(np.repeat(luma.astype(np.uint8)[..., None], 3, axis=2))
    return stroke_edges(statistics, least)


@given(st.integers(1, 6), st.integers(10, 70), st.booleans())
def test_a_bar_as_wide_as_a_pen_has_both_edges_bright_or_dark(
    width: int, left: int, dark: bool
) -> None:
    picture = np.full((20, 100), 220 if dark else 20)
    picture[5:15, left : left + width] = 20 if dark else 220
    found = edges(picture)
    assert found[5:15, left - 1].all()
    assert found[5:15, left + width].all()
    assert not found[:5].any()
    assert not found[15:].any()


@given(st.integers(20, 80))
def test_a_wide_bar_is_no_stroke(width: int) -> None:
    picture = np.full((20, 130), 20)
    picture[5:15, 20 : 20 + width] = 220
    assert not edges(picture).any()


@pytest.mark.parametrize("least", [100, 201])
def test_a_step_that_is_too_low_is_none(least: int) -> None:
    picture = np.full((20, 100), 20)
    picture[5:15, 50:53] = 119 if least == 100 else 220
    assert not edges(picture, least).any()


def test_a_stroke_that_the_image_border_cuts_ends_there() -> None:
    picture = np.full((20, 100), 20)
    picture[5:15, :3] = 220
    picture[5:15, 97:] = 220
    found = edges(picture)
    assert found[5:15, 3].all()
    assert found[5:15, 96].all()
    assert not found[:, 20:80].any()

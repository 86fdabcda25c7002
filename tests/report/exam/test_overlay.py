import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from lusscore.report.exam.overlay import LEVELS, RAMP, draw_overlay, magnify, ramp_colours

WHOLE = (0.0, 0.0, 1.0, 1.0)
MAPS = arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.floats(-5, 5, width=32),
)


def _pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


@given(MAPS, st.floats(0.01, 10))
def test_nothing_is_drawn_where_nothing_speaks_and_alpha_rises_with_what_does(speaks, most):
    alpha = _pixels(draw_overlay(speaks, WHOLE, 24, 32, most))[..., 3]
    here = magnify(speaks, WHOLE, (24, 32))
    assert (alpha[here <= 0] == 0).all()
    assert (alpha[here > 0] > 0).all()
    rising = np.argsort(here, axis=None)
    assert (np.diff(alpha.ravel()[rising].astype(int)) >= 0).all()


def test_a_map_without_anything_that_speaks_is_not_seen():
    assert not _pixels(draw_overlay(np.full((7, 7), -1.0), WHOLE, 60, 80, 1.0))[..., 3].any()


def test_what_speaks_most_has_the_end_of_the_ramp_and_lets_the_frame_through():
    drawn = _pixels(draw_overlay(np.ones((3, 3)), WHOLE, 30, 30, 1.0))
    assert drawn[0, 0].tolist() == [*bytes.fromhex(RAMP[-1][1:]), 204]
    assert len(np.unique(drawn.reshape(-1, 4), axis=0)) == 1


def test_a_frame_in_which_little_speaks_stays_paler_than_the_clips_strongest():
    weak, strong = (
        _pixels(draw_overlay(np.full((3, 3), value), WHOLE, 20, 20, 2.0))[..., 3].max()
        for value in (0.5, 2.0)
    )
    assert 0 < weak < strong / 3


@given(MAPS)
def test_a_map_is_interpolated_and_never_exceeds_its_cells(speaks):
    fine = magnify(speaks, WHOLE, (40, 50))
    assert fine.min() >= speaks.min() - 1e-6
    assert fine.max() <= speaks.max() + 1e-6


def test_a_pixel_at_the_centre_of_a_cell_has_the_cells_value():
    speaks = np.arange(12.0).reshape(3, 4)
    fine = magnify(speaks, WHOLE, (9, 12))
    assert np.allclose(fine[1::3, 1::3], speaks)


def test_between_two_cells_a_map_changes_evenly():
    row = magnify(np.array([[0.0, 1.0]]), WHOLE, (1, 200))[0]
    assert row[99] + row[100] == pytest.approx(1)
    assert np.allclose(np.diff(row[60:140]), 0.01)


def test_only_the_window_of_a_letterboxed_picture_is_shown():
    speaks = np.zeros((8, 8))
    speaks[:2] = 5  # in the black bar above the picture
    window = (0.0, 0.25, 1.0, 0.75)
    fine = magnify(speaks, window, (32, 64))
    assert not fine[4:].any()
    assert magnify(np.tile(np.arange(8.0)[:, None], 8), window, (4, 8))[:, 0].tolist() == [
        2,
        3,
        4,
        5,
    ]


def test_the_ramp_grows_lighter_all_along_and_is_never_grey():
    colours = ramp_colours(np.linspace(0, 1, LEVELS))
    linear = (colours / 255) ** 2.2
    assert (np.diff(linear @ [0.2126, 0.7152, 0.0722]) > 0).all()
    assert (np.ptp(colours, axis=1) > 60).all()


def test_large_pictures_get_a_small_overlay_of_their_proportions():
    speaks = np.random.default_rng(0).normal(size=(7, 7))
    png = draw_overlay(speaks, WHOLE, 768, 1024, 2.0)
    assert Image.open(io.BytesIO(png)).size == (320, 240)
    assert len(png) < 25_000

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageDraw

from exam_maker import failed, make_exam_bundle, make_pictures, make_prediction, scored
from lusscore.report.clip_cards import LEVELS, RAMP, clip_card, draw_overlay, magnify, ramp_colours
from lusscore.scoring.pictures import PictureTaker, inside_sector
from lusscore.sector import Sector, show_sector

BUNDLE = make_exam_bundle()


def _card(prediction, zone="R-ant-sup"):
    return clip_card(scored(1, zone, prediction), BUNDLE, show_names=False)


def _decoded(address):
    return base64.b64decode(address.partition("base64,")[2])


@pytest.fixture
def prediction():
    return make_prediction(np.random.default_rng(1), 2, frames=12)


def test_the_key_frame_is_shown_as_it_was_kept(prediction):
    view = _card(replace(prediction, key_frame=7)).view
    assert _decoded(view.picture) == prediction.pictures.jpegs[7]
    assert view.is_key
    assert view.frame == "frame 21, 0.8 s"
    assert view.probability == prediction.frame_probabilities[7, 2]


def test_where_the_key_frame_was_not_kept_the_nearest_one_is_shown_and_named(
    prediction,
):
    kept = make_pictures(np.random.default_rng(0), 3)
    pictures = replace(kept, rows=np.array([0, 5, 11]))
    view = _card(replace(prediction, key_frame=7, pictures=pictures)).view
    assert _decoded(view.picture) == kept.jpegs[1]
    assert not view.is_key
    assert view.frame == "frame 15, 0.6 s"


def test_the_map_is_of_the_frame_shown_and_of_the_clips_score_against_the_others(prediction):
    maps = np.zeros((12, 4, 4, 4), np.float32)
    maps[3, 0, 0, 2] = 1  # speaks for the clip's score, in the upper left
    maps[3, 3, 3] = 1  # speaks for all scores alike: for none
    maps[4, 0, 3, 2] = 1
    evidence = replace(prediction.evidence, maps=maps)
    view = _card(replace(prediction, key_frame=3, evidence=evidence)).view
    alpha = np.asarray(Image.open(io.BytesIO(_decoded(view.overlay))).convert("RGBA"))[..., 3]
    assert alpha[0, 0] > 200
    assert not alpha[-1, -1]
    assert not alpha[0, -1]
    assert view.strongest == "upper left"


def test_without_anything_that_speaks_for_the_score_there_is_no_map():
    view = _card(make_prediction(np.random.default_rng(0), 1, plain=True)).view
    assert view.overlay == ""
    assert view.outline == ""
    assert view.frame.startswith("frame ")
    assert " s" not in view.frame


def test_a_clip_that_failed_has_its_error_alone():
    card = clip_card(failed(4, "R-ant-sup", "It is empty."), BUNDLE, show_names=False)
    assert card.clip.error == "It is empty."
    assert card.view is None
    assert card.label == "right anterior superior"


def test_a_clip_without_pictures_has_no_view(prediction):
    none = replace(prediction.pictures, jpegs=(), rows=np.array([], np.int64))
    card = _card(replace(prediction, pictures=none), zone="")
    assert card.view is None
    assert card.timeline
    assert card.label == ""


@pytest.mark.parametrize("policy", ["none", "sector"])
def test_a_map_that_fills_the_sector_is_drawn_inside_the_outline_that_is_drawn(policy, prediction):
    corners = ((120, 30), (200, 30), (300, 180), (160, 220), (20, 180))
    sector = Sector(240, 320, "motion", corners)
    taker = PictureTaker(12)
    taker.add([show_sector(np.full((240, 320, 3), 90, np.uint8), sector, policy)] * 12)
    pictures = taker.take(sector, policy, (224, 224))
    maps = np.zeros((12, 56, 56, 4), np.float32)
    maps[..., 2] = inside_sector(sector, policy, (224, 224), (56, 56))
    evidence = replace(prediction.evidence, maps=maps)
    view = _card(replace(prediction, evidence=evidence, pictures=pictures)).view
    drawn = Image.open(io.BytesIO(_decoded(view.overlay)))
    outline = Image.new("L", drawn.size)
    scale = drawn.width / view.width
    points = [[scale * float(n) for n in pair.split(",")] for pair in view.outline.split()]
    ImageDraw.Draw(outline).polygon([tuple(point) for point in points], fill=1)
    alpha = np.asarray(drawn.convert("RGBA"))[..., 3]
    assert ((alpha > 100) == (np.asarray(outline) == 1)).mean() > 0.98


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

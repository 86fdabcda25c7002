import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from exam_maker import OUTLINE, failed, make_exam_bundle, make_pictures, make_prediction, scored
from lusscore.report.exam.clip_cards import clip_card
from lusscore.scoring.pictures import PictureTaker, inside_sector
from lusscore.sector import Sector, show_sector

BUNDLE = make_exam_bundle()


def _card(reading, zone="R-ant-sup"):
    return clip_card(scored(1, zone, reading), BUNDLE, show_names=False)


def _decoded(address):
    return base64.b64decode(address.partition("base64,")[2])


@pytest.fixture
def reading():
    return make_prediction(np.random.default_rng(1), 2, frames=12)


def test_the_key_frame_is_shown_as_it_was_kept(reading):
    view = _card(replace(reading, key_frame=7)).view
    assert _decoded(view.picture) == reading.pictures.jpegs[7]
    assert view.is_key
    assert view.frame == "frame 21, 0.8 s"
    assert view.probability == reading.frame_probabilities[7, 2]


def test_where_the_key_frame_was_not_kept_the_nearest_one_is_shown_and_told(reading):
    kept = make_pictures(np.random.default_rng(0), 3)
    pictures = replace(kept, rows=np.array([0, 5, 11]))
    view = _card(replace(reading, key_frame=7, pictures=pictures)).view
    assert _decoded(view.picture) == kept.jpegs[1]
    assert not view.is_key
    assert view.frame == "frame 15, 0.6 s"


def test_the_map_is_of_the_frame_shown_and_of_the_clips_score_against_the_others(reading):
    maps = np.zeros((12, 4, 4, 4), np.float32)
    maps[3, 0, 0, 2] = 1  # speaks for the clip's score, in the upper left
    maps[3, 3, 3] = 1  # speaks for all scores alike: for none
    maps[4, 0, 3, 2] = 1
    evidence = replace(reading.evidence, maps=maps)
    view = _card(replace(reading, key_frame=3, evidence=evidence)).view
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


def test_the_outline_is_in_pixels_of_the_picture(reading):
    corners = [tuple(map(float, pair.split(","))) for pair in _card(reading).view.outline.split()]
    assert corners == [pytest.approx((160 * x, 120 * y)) for x, y in OUTLINE]


def test_what_is_not_known_is_none(reading):
    unknown = replace(reading.evidence, outside=float("nan"))
    card = _card(replace(reading, ood_score=float("nan"), evidence=unknown))
    assert card.distance is None
    assert card.outside is None


def test_a_clip_that_failed_has_its_error_alone():
    card = clip_card(failed(4, "R-ant-sup", "It is empty."), BUNDLE, show_names=False)
    assert card.error == "It is empty."
    assert card.view is None
    assert card.label == "right anterior superior"


def test_a_clip_without_pictures_has_no_view(reading):
    none = replace(reading.pictures, jpegs=(), rows=np.array([], np.int64))
    card = _card(replace(reading, pictures=none), zone="")
    assert card.view is None
    assert card.timeline
    assert card.label == ""


@pytest.mark.parametrize("policy", ["none", "sector"])
def test_a_map_that_fills_the_sector_is_drawn_inside_the_outline_that_is_drawn(policy, reading):
    corners = ((120, 30), (200, 30), (300, 180), (160, 220), (20, 180))
    sector = Sector(240, 320, "motion", corners)
    taker = PictureTaker(12)
    taker.add([show_sector(np.full((240, 320, 3), 90, np.uint8), sector, policy)] * 12)
    pictures = taker.take(sector, policy, (224, 224))
    maps = np.zeros((12, 56, 56, 4), np.float32)
    maps[..., 2] = inside_sector(sector, policy, (224, 224), (56, 56))
    evidence = replace(reading.evidence, maps=maps)
    view = _card(replace(reading, evidence=evidence, pictures=pictures)).view
    drawn = Image.open(io.BytesIO(_decoded(view.overlay)))
    outline = Image.new("L", drawn.size)
    scale = drawn.width / view.width
    points = [[scale * float(n) for n in pair.split(",")] for pair in view.outline.split()]
    ImageDraw.Draw(outline).polygon([tuple(point) for point in points], fill=1)
    alpha = np.asarray(drawn.convert("RGBA"))[..., 3]
    assert ((alpha > 100) == (np.asarray(outline) == 1)).mean() > 0.98

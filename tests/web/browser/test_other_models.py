"""Models that are not the one that comes with lusscore."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from bundle_maker import make_bundle
from clip_maker import moving_bar, write_video
from lusscore.cohort import Card, Segment, write_cohort
from web.browser.tab import SECONDS, Tab, open_tab
from web.page_server import serving

pytestmark = pytest.mark.slow

POINTS = ("R1", "R2", "R3", "L1", "L2", "L3")


@pytest.fixture(scope="module")
def blue(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A page with a model for BLUE points whose maps are approximate, trained on real clips.

    It scores clips as a whole.
    """
    folder = tmp_path_factory.mktemp("blue")
    settings = {"pooling": "mean"}
    bundle = make_bundle(
        folder, head="ordinal", settings=settings, synthetic=False, least_confidence=0.999
    )
    cohort = folder / "data" / "computed"
    (cohort / "clips").mkdir(parents=True)
    write_video(cohort / "clips" / "a.mp4", moving_bar(2))
    card = Card("computed", "blue-6", "soldati-2020", synthetic=True)
    write_cohort(cohort, card, [Segment("clips/a.mp4", "p1", "1", "R1", 0)])
    with serving(bundle, folder) as page, open_tab(browser, page.origin) as tab:
        yield tab


def test_blue_points_are_drawn_scored_and_summed_with_bounds(blue: Tab, tmp_path: Path) -> None:
    expect(blue.find(".zone")).to_have_count(6)
    exam = tmp_path / "exam"
    exam.mkdir()
    for number, point in enumerate(POINTS[:4]):
        write_video(exam / f"{point}.mp4", moving_bar(6, seed=number))
    blue.drop(exam)
    blue.has_clips(4)
    for point in POINTS:
        state = "waiting" if point in POINTS[:4] else "empty"
        expect(blue.zone(point)).to_have_class(f"zone {state}")
    blue.score()
    total = sum(map(int, filter(None, blue.find(".zone-score").all_text_contents())))
    expect(blue.find("#global-score")).to_have_text(f"{total} of 18")
    expect(blue.find(".bounds")).to_have_text(
        f"2 zones have no score; with them it would be from {total} to {total + 6}."
    )


def test_warnings_and_approximate_maps_are_shown_as_such(blue: Tab) -> None:
    expect(blue.find("#map-note")).to_contain_text("Approximate. ")
    expect(blue.find(".flags h3")).to_have_text("4 clips to review")
    expect(blue.find(".zone-flag:not([hidden])")).to_have_count(4)
    blue.find(".flag").first.click()
    expect(blue.find(".review-box")).to_contain_text("Low confidence: ")


def test_frames_of_a_clip_that_is_scored_as_a_whole_have_no_scores_of_their_own(blue: Tab) -> None:
    sentence = "single frames have no score of their own"
    expect(blue.find("#whole-clips")).to_contain_text(sentence, timeout=SECONDS)
    expect(blue.find("#whole-clips")).to_be_visible()
    expect(blue.find("#timeline-title")).to_be_hidden()
    assert blue.find("svg.timeline").count() == 0
    expect(blue.find("#summary .sentences")).to_contain_text(sentence)


def test_clips_of_a_zone_that_disagree_and_notes_on_the_exam_are_told(
    blue: Tab, tmp_path: Path
) -> None:
    # noise, as what is bright all over is blank
    noise = np.random.default_rng(0).integers(200, 256, (6, 48, 64, 1), dtype=np.uint8)
    bright = write_video(tmp_path / "any.mp4", noise.repeat(3, axis=3))
    before = int(blue.zone("R1").locator(".zone-score").text_content() or "")
    blue.choose([("R1_2.mp4", bright.read_bytes())])
    blue.has_clips(5)
    blue.find("#score").click()
    words = f"their scores are {before}, 3."
    expect(blue.find(".flags")).to_contain_text(words, timeout=SECONDS)
    expect(blue.find(".flags h3")).to_contain_text("1 zone and 5 clips to review")
    expect(blue.find(".flag:visible")).to_have_count(3)
    blue.find(".more-flags").click()
    expect(blue.find(".flag:visible")).to_have_count(6)
    blue.find(".flag").first.click()
    expect(blue.find("#prediction")).to_contain_text(words)


def test_a_clip_of_a_patient_is_offered_no_cohort_of_computed_ones(blue: Tab) -> None:
    blue.find("#label-form .pick").first.click()
    options = blue.find("[name=cohort] option")
    expect(options).to_have_text(["choose…", "New cohort…"])
    expect(blue.find("[name=cohort]")).to_have_value("")


def test_where_no_zone_has_a_score_there_is_no_global_score(blue: Tab) -> None:
    for select in blue.find(".clip-row select").all():
        select.select_option("")
    expect(blue.find("#global-score")).to_have_text("none")
    assert blue.find(".bounds-drawing").count() == 0


def test_a_model_of_real_clips_is_for_research_only_and_not_called_a_phantom(blue: Tab) -> None:
    assert blue.find(".synthetic").count() == 0
    assert "synthetic images" not in blue.find("body").inner_text()
    for place in (".use", "#summary", "#prediction"):
        expect(blue.find(place)).to_contain_text("Research use only")

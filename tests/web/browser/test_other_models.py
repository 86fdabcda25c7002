"""Models that are not the one that comes with lusscore."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bundle_maker import make_bundle
from clip_maker import moving_bar, write_video
from web.browser.tab import Tab, open_tab
from web.page_server import serving

POINTS = ("R1", "R2", "R3", "L1", "L2", "L3")


@pytest.fixture(scope="module")
def blue(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A page with a model for BLUE points whose maps are approximate, trained on real clips."""
    folder = tmp_path_factory.mktemp("blue")
    bundle = make_bundle(folder, head="ordinal", synthetic=False, least_confidence=0.999)
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


def test_doubt_and_approximate_maps_are_told_as_such(blue: Tab) -> None:
    expect(blue.find("#map-note")).to_contain_text("Approximate. ")
    expect(blue.find(".flags h3")).to_have_text("4 clips to review")
    expect(blue.find(".zone-flag:not([hidden])")).to_have_count(4)
    blue.find(".flag").first.click()
    expect(blue.find(".review-box")).to_contain_text("Unsure: ")


def test_a_model_of_real_clips_is_for_research_only_and_not_called_a_phantom(blue: Tab) -> None:
    assert blue.find(".synthetic").count() == 0
    assert "computed images" not in blue.find("body").inner_text()
    for place in (".use", "#summary", "#reading"):
        expect(blue.find(place)).to_contain_text("Research use only")

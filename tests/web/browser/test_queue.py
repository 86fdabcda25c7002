from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lusscore.cohort import read_cohort
from web.browser.study import COHORT, MARKUP
from web.browser.tab import SECONDS, Tab, open_tab

pytestmark = pytest.mark.slow


def test_suggested_clips_are_labelled_by_keys(
    browser: Browser, address: str, embedded: str, study: Path
) -> None:
    with open_tab(browser, address, "queue") as tab:
        tab.find("#cohort").select_option(embedded)
        expect(tab.find("#queue-position")).to_have_text("1 of 12 suggested", timeout=SECONDS)
        expect(tab.find("#cohort-facts")).to_contain_text("24 clips of 2 patients, 12 labelled")
        expect(tab.find('[data-part="slider"]')).to_have_attribute("max", "3")
        # what the model expects is only told to those who ask
        expect(tab.find("#guess-bars")).to_be_hidden()
        tab.find("#queue-title").click()
        tab.page.keyboard.press("2")
        expect(tab.find("#queue-outcome")).to_have_text("Enter the rater; initials will do.")
        tab.find("#rater").fill("KM")
        tab.find("#queue-title").click()
        first = _clip(tab)
        tab.page.keyboard.press("2")
        expect(tab.find("#queue-position")).to_have_text("2 of 12 suggested")
        assert _saved(study)[first] == (2, "KM")
        tab.page.keyboard.press("s")
        expect(tab.find("#queue-position")).to_have_text("3 of 12 suggested")
        tab.page.keyboard.press("b")
        tab.page.keyboard.press("b")
        expect(tab.find("#queue-position")).to_have_text("1 of 12 suggested")
        assert _clip(tab) == first
        expect(tab.find("#queue-scores .given")).to_have_text("2")
        tab.page.keyboard.press("3")
        expect(tab.find("#queue-outcome")).to_contain_text("corrected")
        assert _saved(study)[first] == (3, "KM")


def test_ids_of_patients_are_text_in_the_queue(
    browser: Browser, address: str, embedded: str
) -> None:
    with open_tab(browser, address, "queue") as tab:
        tab.find("#cohort").select_option(embedded)
        seen = set()
        for _ in range(8):
            expect(tab.find("#clip-facts")).to_be_visible(timeout=SECONDS)
            seen.add(_clip(tab)[0])
            tab.find("#skip").click()
        assert MARKUP in seen
        assert tab.find("img[src=x]").count() == 0


def _clip(tab: Tab) -> tuple[str, str]:
    """Patient and file of the clip that is shown."""
    facts = dict(
        zip(
            tab.find("#clip-facts dt").all_text_contents(),
            tab.find("#clip-facts dd").all_text_contents(),
            strict=True,
        )
    )
    return facts["Patient"], facts["Clip"]


def _saved(study: Path) -> dict[tuple[str, str], tuple[int | None, str]]:
    segments = read_cohort(study / "data" / COHORT).segments
    return {
        (segment.patient, Path(segment.clip).name): (segment.score, segment.rater)
        for segment in segments
    }

"""The pages at three widths and in both themes: nothing sticks out, and all text can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from readable_text import pale_text
from web.browser.study import EXAM
from web.browser.tab import SECONDS, Tab, open_tab

pytestmark = pytest.mark.slow

# colours do not depend on widths
LOOKS: tuple[tuple[int, int, Literal["light", "dark"]], ...] = (
    (1280, 860, "light"),
    (1280, 860, "dark"),
    (820, 1180, "light"),
    (420, 900, "dark"),
)


@pytest.fixture(scope="module")
def scored(browser: Browser, address: str, study: Path) -> Iterator[Tab]:
    """An exam that was scored."""
    with open_tab(browser, address) as tab:
        tab.drop(study / EXAM)
        tab.has_clips(12)
        tab.score()
        expect(tab.find(".timeline")).to_be_visible(timeout=SECONDS)
        yield tab


def _looks_well(tab: Tab, pictures: Path, full_page: bool = True) -> None:
    """Look at what is shown in several sizes and themes, and keep pictures of it."""
    for width, height, theme in LOOKS:
        tab.page.set_viewport_size({"width": width, "height": height})
        # without motion colours change at once
        tab.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        tab.read("scrollTo(0, 0)")
        picture = pictures.with_name(f"{pictures.name}-{width}-{theme}.png")
        tab.page.screenshot(path=picture, full_page=full_page)
        assert tab.read("document.documentElement.scrollWidth") <= width
        assert pale_text(tab.page) == []


def test_a_scored_exam_fits_and_can_be_read(scored: Tab, screenshots: Path) -> None:
    scored.find("#label-form .pick").nth(2).click()
    expect(scored.find("#label-more")).to_be_visible()
    _looks_well(scored, screenshots / "exam")


def test_the_other_pages_fit_and_can_be_read(
    browser: Browser, address: str, embedded: str, screenshots: Path
) -> None:
    with open_tab(browser, address) as tab:
        _looks_well(tab, screenshots / "welcome", full_page=False)
        tab.find("#show-card").click()
        _looks_well(tab, screenshots / "model-card", full_page=False)
        tab.page.goto(f"{tab.origin}/queue")
        tab.find("#cohort").select_option(embedded)
        expect(tab.find('[data-part="play"]')).to_be_enabled(timeout=SECONDS)
        _looks_well(tab, screenshots / "queue")
        tab.page.goto(f"{tab.origin}/runs")
        expect(tab.find(".interval-plot")).to_have_count(2)
        _looks_well(tab, screenshots / "runs")


def test_every_control_has_a_name_and_shows_its_focus(scored: Tab) -> None:
    scored.page.set_viewport_size({"width": 1280, "height": 860})
    scored.find(".brand").focus()
    seen = []
    for _ in range(90):
        scored.page.keyboard.press("Tab")
        told = scored.read(
            """() => {
              const node = document.activeElement;
              const style = (each) => getComputedStyle(each);
              const marked = [node, node.parentElement, node.nextElementSibling,
                node.closest(".clip-row"), node.querySelector?.(".zone-shape")].filter(Boolean);
              return {
                tag: node.tagName,
                name: node.getAttribute("aria-label") ?? node.getAttribute("aria-labelledby")
                  ?? node.labels?.[0]?.textContent ?? node.textContent,
                shown: marked.some((each) => style(each).outlineStyle !== "none"
                  || (each.matches(".zone-shape") && style(each).strokeWidth === "2.4px")),
              };
            }"""
        )
        if told["tag"] == "BODY":
            break
        seen.append(told)
    assert len(seen) > 40
    assert [told for told in seen if not told["name"].strip() or not told["shown"]] == []

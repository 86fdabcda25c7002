"""The pages at three widths and in both themes: nothing sticks out, and all text can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

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

# Contrast after WCAG 2.2, of every element with text of its own against what lies behind it.
_PALE_TEXT = """() => {
  const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([red, green, blue]) =>
    0.2126 * channel(red / 255) + 0.7152 * channel(green / 255) + 0.0722 * channel(blue / 255);
  const behind = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const pale = [];
  for (const node of document.querySelectorAll("body *:not(script)")) {
    if (node.closest("svg, canvas, option") || node.disabled) continue;
    const words = [...node.childNodes].filter((each) => each.nodeType === 3 && each.data.trim());
    if (!words.length || !node.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(node);
    const [ink, paper] = [luminance(parse(style.color)), luminance(behind(node))];
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5))
      pale.push(`${words[0].data.trim()}: ${contrast.toFixed(2)}`);
  }
  return pale;
}"""


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
        assert tab.read(_PALE_TEXT) == []


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

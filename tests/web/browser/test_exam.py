"""The whole way of an exam, in a real browser before a real server."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from lusscore.cohort import read_cohort
from lusscore.report.clip_cards import MOST_OPAQUE, magnify
from web.browser.study import EXAM
from web.browser.tab import SECONDS, Tab

pytestmark = pytest.mark.slow


def test_an_exam_is_dropped_placed_scored_looked_at_corrected_and_kept(
    tab: Tab, study: Path, tmp_path: Path
) -> None:
    _drop_and_place(tab, study)
    _score(tab)
    _look(tab)
    _correct(tab, study)
    _keep(tab, tmp_path)
    _close(tab)


def _drop_and_place(tab: Tab, study: Path) -> None:
    tab.drop(study / EXAM)
    tab.has_clips(12)
    row = tab.row("L-ant-sup.mp4")
    expect(row.locator("select")).to_have_value("L-ant-sup")
    expect(tab.find(".zone.waiting")).to_have_count(12)
    # by keyboard: from the row to the map, down one zone, and back to the row
    row.locator(".clip-choose").focus()
    tab.page.keyboard.press("z")
    expect(tab.zone("L-ant-sup")).to_be_focused()
    tab.page.keyboard.press("ArrowDown")
    expect(tab.zone("L-ant-inf")).to_be_focused()
    tab.page.keyboard.press("Enter")
    expect(row.locator("select")).to_have_value("L-ant-inf")
    expect(row.locator(".clip-choose")).to_be_focused()
    expect(tab.zone("L-ant-sup")).to_have_class("zone empty")
    expect(tab.zone("L-ant-inf")).to_contain_text("2 clips")
    # by hand, and by the list
    row.locator(".thumb").drag_to(tab.zone("R-lat-sup"))
    expect(row.locator("select")).to_have_value("R-lat-sup")
    row.locator("select").select_option("L-ant-sup")
    expect(tab.find(".zone.waiting")).to_have_count(12)


def _score(tab: Tab) -> None:
    tab.find("#exam-name").fill("Ward 7")
    # scoring can be stopped and begun again
    tab.find("#score").click()
    tab.find("#stop").click()
    expect(tab.find("#score")).to_have_text("Score 12 clips", timeout=SECONDS)
    tab.score()
    expect(tab.find("#summary")).to_contain_text("All zones have a score.")
    expect(tab.find("#summary")).to_contain_text("say nothing about patients")
    expect(tab.find("#summary")).to_contain_text("Research use only")
    expect(tab.find("#summary .performance")).to_contain_text("On held-out clips")
    shown = tab.find(".zone-score").all_text_contents()
    assert len(shown) == 12
    assert tab.find("#global-score").inner_text() == f"{sum(map(int, shown))} of 36"
    # with the first scores a clip is shown: the one with the highest
    expect(tab.find(".clip-row.chosen .chip")).to_have_text(max(shown))


def _look(tab: Tab) -> None:
    tab.zone("R-lat-sup").click()
    expect(tab.find("#viewer-title")).to_have_text("Right lateral superior – R-lat-sup.mp4")
    expect(tab.find("#prediction")).to_contain_text("says nothing about patients")
    slider = tab.find('[data-part="slider"]')
    expect(slider).to_be_enabled(timeout=SECONDS)
    slider.fill("0")
    expect(tab.find('[data-part="position"]')).to_contain_text("Frame 0")
    tab.find('[data-part="stage"]').focus()
    tab.page.keyboard.press("ArrowRight")
    expect(tab.find('[data-part="position"]')).to_contain_text("Frame 1")
    box = tab.find(".timeline").bounding_box()
    assert box is not None
    tab.find(".timeline").click(position={"x": 0.9 * box["width"], "y": 30})
    expect(tab.find('[data-part="position"]')).to_contain_text("Frame 3")
    expect(slider).to_have_value("3")
    _map_is_what_the_report_draws(tab)
    tab.find('[data-part="stage"]').focus()
    tab.page.keyboard.press("m")
    expect(tab.find('[data-part="overlay"]')).to_be_hidden()
    tab.page.keyboard.press(" ")
    expect(tab.find('[data-part="play"]')).to_have_attribute("aria-label", "Pause")
    expect(slider).not_to_have_value("3")
    tab.page.keyboard.press(" ")


def _map_is_what_the_report_draws(tab: Tab) -> None:
    """The canvas holds the report's formula, cell by cell and frame by frame."""
    tab.find("#map-strength").fill("75")
    exam = tab.read("sessionStorage.getItem('lusscore.exam')")
    number = next(
        clip["number"]
        for clip in tab.page.request.get(f"{tab.origin}/api/exams/{exam}").json()["clips"]
        if clip["name"].endswith("R-lat-sup.mp4")
    )
    clip = f"{tab.origin}/api/exams/{exam}/clips/{number}"
    reading = tab.page.request.get(f"{clip}/prediction").json()
    maps = np.frombuffer(tab.page.request.get(f"{clip}/maps").body(), "<f4")
    maps = maps.reshape(-1, reading["maps"]["rows"], reading["maps"]["columns"], 4)
    speaks = (maps - maps.mean(axis=3, keepdims=True))[..., reading["score"]]
    width, height, drawn = tab.read(
        """() => {
          const canvas = document.querySelector('[data-part="overlay"]');
          const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return [canvas.width, canvas.height, [...image.data.filter((_, at) => at % 4 === 3)]];
        }"""
    )
    strength = magnify(speaks[3], reading["pictures"]["window"], (height, width)) / speaks.max()
    wanted = 255 * MOST_OPAQUE * np.clip(strength, 0, 1)
    assert wanted.max() > 20
    assert np.abs(np.reshape(drawn, (height, width)) - wanted).max() < 1


def _correct(tab: Tab, study: Path) -> None:
    model = int(tab.find("#prediction .chip.large").inner_text())
    mine = (model + 1) % 4
    tab.find(f"#label-form .pick.score-{mine}").click()
    cohort = tab.find("[name=cohort]")
    expect(cohort.locator("option")).to_have_text(["choose…", "ward (synthetic)", "New cohort…"])
    tab.find("#label-form button[type=submit]").click()
    expect(tab.find("#label-outcome")).to_contain_text("Choose the cohort")
    expect(cohort).to_be_focused()
    cohort.select_option(label="New cohort…")
    tab.find("[name=new_cohort]").fill("corrected")
    tab.find("[name=patient]").fill("P7")
    expect(tab.find("#label-form [name=exam]")).to_have_value("1")
    expect(tab.find("#label-form [name=zone]")).to_have_value("R-lat-sup")
    tab.find("#label-form button[type=submit]").click()
    expect(tab.find("#label-outcome")).to_have_text("Enter the rater; initials will do.")
    expect(tab.find("[name=rater]")).to_be_focused()
    tab.find("[name=rater]").fill("KM")
    tab.page.keyboard.press("Enter")
    expect(tab.find("#label-outcome")).to_contain_text("Saved in corrected")
    (segment,) = read_cohort(study / "data" / "corrected").segments
    assert (segment.patient, segment.exam, segment.zone) == ("P7", "1", "R-lat-sup")
    assert (segment.score, segment.rater) == (mine, "KM")
    # the next label remembers all but the score and the zone
    tab.find("#next-clip").click()
    tab.find("#label-form .pick.score-0").click()
    expect(tab.find("[name=cohort]")).to_have_value("corrected")
    expect(tab.find("[name=patient]")).to_have_value("P7")
    # a new cohort with the name of an old one is asked about
    tab.refused = True
    cohort.select_option(label="New cohort…")
    tab.find("[name=new_cohort]").fill("Corrected")
    tab.find("#label-form button[type=submit]").click()
    expect(tab.find("#label-outcome")).to_contain_text("There is a cohort corrected already")
    assert len(read_cohort(study / "data" / "corrected").segments) == 1
    tab.find("#label-form").get_by_text("Save into corrected").click()
    expect(tab.find("#label-outcome")).to_contain_text("Saved in corrected")
    assert len(read_cohort(study / "data" / "corrected").segments) == 2


def _keep(tab: Tab, folder: Path) -> None:
    def download(file: str) -> str:
        with tab.page.expect_download() as coming:
            tab.find(f'[data-document="{file}"]').click()
        coming.value.save_as(folder / file)
        return (folder / file).read_text(encoding="utf-8")

    for file in ("report.html", "exam.json", "clips.csv", "zones.csv"):
        assert "R-lat-sup.mp4" not in download(file)
    assert json.loads((folder / "exam.json").read_text(encoding="utf-8"))["exam"] == "Ward 7"
    assert "Ward 7" in (folder / "report.html").read_text(encoding="utf-8")
    tab.find("#with-names").check()
    assert "R-lat-sup.mp4" in download("exam.json")
    with tab.page.expect_popup() as opening:
        tab.find("#open-report").click()
    report = opening.value
    expect(report.locator("body")).to_contain_text("Ward 7")
    assert report.evaluate("self.origin") == "null"
    report.close()


def _close(tab: Tab) -> None:
    exam = tab.read("sessionStorage.getItem('lusscore.exam')")
    tab.find("#close-exam").click()
    tab.find("#confirm-close").click()
    expect(tab.find("#welcome")).to_be_visible()
    assert tab.page.request.get(f"{tab.origin}/api/exams/{exam}").status == 404
    assert tab.read("localStorage.length") == 0

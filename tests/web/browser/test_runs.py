from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from web.browser.study import COHORT, OTHER_COHORT
from web.browser.tab import open_tab

pytestmark = pytest.mark.slow


def test_runs_stand_side_by_side_with_their_reports(
    browser: Browser, address: str, study: Path
) -> None:
    metrics = json.loads((study / "results" / COHORT / "first" / "metrics.json").read_text())
    clips = metrics["levels"]["clip"]
    with open_tab(browser, address, "runs") as tab:
        # two cohorts: each under its own heading, with a scale of its own, and no best number
        expect(tab.find("#runs-notes")).to_contain_text("different cohorts")
        expect(tab.find(".group-row")).to_have_text(
            [
                re.compile(f"Cohort {OTHER_COHORT}: 4 patients, .* held-out clips"),
                re.compile(f"Cohort {COHORT}: 6 patients, .* held-out clips"),
            ]
        )
        expect(tab.find(".interval-plot")).to_have_count(2)
        assert tab.find(".metrics strong").count() == 0
        tab.find("#run-choice li").filter(has_text=OTHER_COHORT).locator("input").uncheck()
        expect(tab.find("#runs-notes")).not_to_contain_text("cannot be compared")
        expect(tab.find(".group-row")).to_have_count(1)
        row = tab.find(".metrics tbody tr").nth(2)
        name = row.locator("th").inner_text()
        value = clips[name]["pooled"]["quadratic_kappa"]
        low, high = clips[name]["interval"]["quadratic_kappa"]
        expect(row.locator("td").first).to_contain_text(f"{value:.3f}[{low:.3f}, {high:.3f}]")
        expect(tab.find(".interval-plot .dot")).to_have_count(len(clips))
        tab.find("#measure").select_option("accuracy")
        expect(tab.find("#plot-title")).to_have_text("Accuracy of held-out clips")
        with tab.page.expect_popup() as opening:
            tab.find(".metrics a").click()
        assert opening.value.title() == "A report"
        assert opening.value.evaluate("self.origin") == "null"
        tab.find("#run-choice input:checked").uncheck()
        expect(tab.find("#plot")).to_have_text("Choose at least one run.")

import pandas as pd

from lusscore.report.sections.reporting_items import reporting_items, write_reporting_items
from run_maker import changed


def test_the_count_is_that_of_the_rows(clinical):
    shown = reporting_items(clinical)
    rows = [row for one in shown.checklists for row in one.rows]
    assert len(rows) == 96
    filled = sum(row.status == "filled" for row in rows)
    partly = sum(row.status == "in part" for row in rows)
    assert shown.counted == (
        f"{filled} of 96 items are filled from this run, {partly} in part; "
        f"{96 - filled - partly} are for the authors"
    )
    assert 20 < filled < 45


def test_a_row_is_for_the_authors_exactly_if_the_run_says_nothing(clinical, weak, external):
    for run in (clinical, weak, external):
        for one in reporting_items(run).checklists:
            for row in one.rows:
                assert (row.status == "for the authors") == (not row.texts)
                assert (row.status == "filled") == (not row.hint)


def test_sections_that_a_run_without_zones_lacks_are_not_pointed_at(clinical, images):
    def seen(run):
        items = reporting_items(run)
        return {anchor for one in items.checklists for row in one.rows for anchor, _ in row.see}

    assert {"global-score", "exams"} <= seen(clinical)
    assert not {"global-score", "exams"} & seen(images)


def test_the_table_holds_every_row_without_folders(clinical, tmp_path):
    items = reporting_items(changed(clinical, run={"command": "lusscore cv /clinic/ann/study"}))
    (tmp_path / "tables").mkdir()
    write_reporting_items(tmp_path, items)
    path = tmp_path / "tables" / "reporting_items.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert list(table["checklist"].value_counts().sort_index()) == [44, 52]
    assert list(table["item"][:4]) == ["1", "2", "3a", "3b"]
    assert "/clinic" not in path.read_text(encoding="utf-8")
    assert "lusscore cv …/study" in " ".join(table["run_says"])
    assert b"\r" not in path.read_bytes()

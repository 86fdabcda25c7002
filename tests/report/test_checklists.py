from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from lusscore.evaluation.run_config import SelectionTable, SkippedClip
from lusscore.report.checklists import (
    AUTHORS,
    FILLED,
    PARTLY,
    Item,
    answer,
    count_items,
    read_items,
    reporting_items,
    write_reporting_items,
)
from lusscore.report.facts import run_facts
from run_maker import changed

PARTS = {3: "abc", 5: "ab", 6: "abc", 8: "abc", 9: "abc", 12: "abcdefg", 18: "abcdef",
         20: "abc", 23: "ab", 27: "abc"}  # fmt: skip


def _status(name, run):
    found = reporting_items(run)["TRIPOD+AI" if name == "TRIPOD" else "CLAIM 2024"]
    return {one.item.number: one.status for one in found}


def _text(name, run):
    return run_facts(run)[name]


def test_all_items_are_there_in_order_and_every_fact_is_asked_for(clinical):
    numbers = [f"{number}{part}" for number in range(1, 28) for part in PARTS.get(number, ("",))]
    items = read_items()
    assert [item.number for item in items] == [*numbers, *map(str, range(1, 45))]
    for item in items:
        assert item.facts or item.hint, item.number
        assert len(item.asks.split()) <= 14, item.number
    counts = {"unlabelled_clips": 7, "raters": 2, "devices": {"iQ": 11}}
    facts = run_facts(changed(clinical, cohort=counts))
    assert set(facts) == {name for item in items for name in item.facts}


@pytest.mark.parametrize(
    ("checklist", "status", "numbers"),
    [
        ("TRIPOD", AUTHORS, "2 5b 6b 8b 8c 17 18a 18d 19 25 27b"),
        ("CLAIM", AUTHORS, "8 11 13 16 18 21 34 44"),
        ("TRIPOD", FILLED, "12a 12e 13 15 21 24"),
        ("CLAIM", FILLED, "19 20 22 23 28 29 32 33 37 38"),
    ],
)
def test_what_a_run_knows_is_filled_and_the_rest_left_to_the_authors(
    clinical, checklist, status, numbers
):
    found = _status(checklist, clinical)
    assert {found[number] for number in numbers.split()} == {status}


@pytest.mark.parametrize(
    ("facts", "hint", "status", "left"),
    [
        (("raters",), "", AUTHORS, "The files of this run do not say."),
        (("raters", "software"), "", PARTLY, "The files of this run do not say."),
        (("software",), "More.", PARTLY, "More."),
        (("software",), "", FILLED, ""),
    ],
)
def test_an_item_is_filled_only_if_every_fact_is_known_and_nothing_is_left(
    clinical, facts, hint, status, left
):
    found = answer(Item("own", "1", "t", "a", facts, hint), run_facts(clinical))
    assert (found.status, found.hint) == (status, left)
    assert len(found.texts) == ("software" in facts)


def test_counts_of_the_manifest_are_stated_only_where_recorded(clinical):
    assert not {"unscored", "raters", "devices"} & set(run_facts(clinical))
    counts = {"unlabelled_clips": 7, "raters": 2, "devices": {"iQ": 11, "unknown": 1}}
    run = changed(clinical, cohort=counts)
    assert _text("unscored", run) == "7 clips of the manifest without a score: not used."
    assert _text("raters", run) == "The manifest names 2 raters of the scores used."
    assert "iQ (11 patients) and unknown (1 patient)" in _text("devices", run)
    unknown = changed(clinical, cohort={"devices": {"unknown": 12}, "raters": 0})
    assert not {"raters", "devices"} & set(run_facts(unknown))
    assert _status("CLAIM", clinical)["12"] == PARTLY
    assert _status("CLAIM", run)["12"] == FILLED


def test_clips_left_out_are_counted_by_reason_without_their_names(clinical):
    errors = {"a": "The clip cannot be read; replace it.", "b": "The clip has no frame."}
    skipped = tuple(SkippedClip(clip=f"doe/{name}.mp4", error=errors[name]) for name in "aab")
    text = _text("skipped", changed(clinical, cohort={"skipped_clips": skipped}))
    assert "3 clips with a score have no embeddings" in text
    assert "2 × The clip cannot be read; replace it; 1 × The clip has no frame." in text
    assert "doe" not in text


def test_zones_and_clips_are_counted_once(clinical, weak):
    mine = clinical.exams[clinical.exams["model"] == clinical.models[0]]
    lacking, all_zones = int((12 - mine["zones_scored"]).sum()), 12 * len(mine)
    assert lacking > 0
    assert f"{lacking} of {all_zones} zones have no clip" in _text("missing_zones", clinical)
    parts = _text("scores", weak).partition(": ")[2].replace(" and", ",").split(", ")
    assert sum(int(part.split()[1]) for part in parts) == weak.clips["clip"].nunique()


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("partition", "All of far for training, all of clinic"),
        ("external", "trained on far, tested on clinic"),
        ("differences", "protocol (lus-8; lus-12)"),
        ("source", "Trained on far"),
    ],
)
def test_an_external_run_says_what_it_was_trained_on_and_how_cards_differ(external, fact, words):
    assert words in _text(fact, external)


def test_leaving_out_devices_is_stated_where_clusters_are_asked_for(clinical, weak):
    assert "not examined" in _text("subgroups", clinical)
    run = changed(clinical, cross_validation={"leave_out": "device"})
    assert "Each fold is one device that was left out" in _text("subgroups", run)
    assert "and no device." in _text("disjoint", run)
    assert _text("source", weak) == "Cohort phantom: simulated, no patient was examined."


def test_what_folds_selected_is_counted_as_trained_and_inner_results_are_not_stated(clinical):
    assert "Nothing was selected inside this run" in _text("selection", clinical)
    assert _text("ensembles", clinical).startswith("None")
    frame = clinical.training[["repeat", "fold"]].drop_duplicates().astype(str)
    others = len(frame) - 1
    table = frame.assign(
        model="selected/average",
        candidate=["vgg16/logistic", *["vgg16[16.mean+32.top]/svm"] * others],
        settings=["", *["C=0.1, class_weight=balanced"] * others],
        value="0.71",
    )
    recorded = SelectionTable(
        strategies=("average",),
        averaged={"best": 1, "average": 5},
        criterion="quadratic_kappa",
        level="clip",
        inner_folds=4,
        rules=(),
        candidates=("vgg16/logistic", "vgg16[16.mean+32.top]/svm C=0.1, class_weight=balanced"),
    )
    run = replace(changed(clinical, selection=recorded), selection=table)
    for fact, words in (
        ("selection", "by quadratic kappa of clips"),
        ("selection", f"vgg16[16.mean+32.top]/svm C=0.1, class_weight=balanced ({others});"),
        ("technology", "vgg16/logistic; vgg16[16.mean+32.top]/svm"),
        ("head", "candidates in each fold (2)"),
        ("imbalance", "class_weight=balanced"),
        ("ensembles", "Models made of several: selected/average (mean of 5)."),
    ):
        assert words in _text(fact, run)
    assert "0.71" not in _text("selection", run)
    sections = [
        {anchor for one in _answers(each) for anchor, _ in one.see} for each in (run, clinical)
    ]
    assert ["selection" in found for found in sections] == [True, False]


def _answers(run):
    return [each for answers in reporting_items(run).values() for each in answers]


def test_an_item_is_for_the_authors_exactly_if_the_run_says_nothing(clinical, weak, external):
    for run in (clinical, weak, external):
        for each in _answers(run):
            assert (each.status == AUTHORS) == (not each.texts)
            assert (each.status == FILLED) == (not each.hint)
            assert len(set(each.see)) == len(each.see)
    status = [each.status for each in _answers(clinical)]
    assert len(status) == 96
    assert 20 < status.count(FILLED) < 45
    assert count_items(_answers(clinical)) == (
        f"{status.count(FILLED)} of 96 items are filled from this run, {status.count(PARTLY)} in "
        f"part; {status.count(AUTHORS)} are for the authors"
    )


def test_sections_that_a_run_without_zones_lacks_are_not_pointed_at(clinical, images):
    of_zones = {"global-score", "exams"}
    assert of_zones <= {anchor for each in _answers(clinical) for anchor, _ in each.see}
    assert not of_zones & {anchor for each in _answers(images) for anchor, _ in each.see}


def test_the_table_holds_every_item_without_folders(clinical, tmp_path):
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

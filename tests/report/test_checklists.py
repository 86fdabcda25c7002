from __future__ import annotations

from dataclasses import replace

import pandas as pd

from lusscore.evaluation import HeadTable, SelectionTable
from lusscore.evaluation.run_config import SkippedClip
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
from lusscore.report.facts import FACTS, state_fact
from run_maker import changed

PARTS = {3: "abc", 5: "ab", 6: "abc", 8: "abc", 9: "abc", 12: "abcdefg", 18: "abcdef",
         20: "abc", 23: "ab", 27: "abc"}  # fmt: skip


def _cohort(run, **changes):
    return changed(run, cohort=changes)


TRIPOD, CLAIM = ([item for item in read_items() if item.checklist.startswith(name)]
                 for name in ("TRIPOD", "CLAIM"))  # fmt: skip


def _status(items, run):
    return {item.number: answer(item, run).status for item in items}


def test_all_items_of_both_checklists_are_there_in_order():
    numbers = [f"{number}{part}" for number in range(1, 28) for part in PARTS.get(number, ("",))]
    assert [item.number for item in TRIPOD] == numbers
    assert [item.number for item in CLAIM] == [str(number) for number in range(1, 45)]


def test_every_item_has_a_fact_or_a_hint_and_every_fact_is_asked_for():
    for item in read_items():
        assert item.facts or item.hint, item.number
        assert len(item.asks.split()) <= 14, item.number
    assert {name for item in read_items() for name in item.facts} == set(FACTS)


def test_what_no_file_tells_is_left_to_the_authors(clinical):
    tripod, claim = _status(TRIPOD, clinical), _status(CLAIM, clinical)
    for number in ("2", "5b", "6b", "8b", "8c", "17", "18a", "18d", "19", "25", "27b"):
        assert tripod[number] == AUTHORS, number
    for number in ("8", "11", "13", "16", "18", "21", "34", "44"):
        assert claim[number] == AUTHORS, number


def test_what_a_run_knows_is_filled(clinical):
    tripod, claim = _status(TRIPOD, clinical), _status(CLAIM, clinical)
    for number in ("12a", "12e", "13", "15", "21", "24"):
        assert tripod[number] == FILLED, number
    for number in ("19", "20", "22", "23", "28", "29", "32", "33", "37", "38"):
        assert claim[number] == FILLED, number


def test_an_item_is_filled_only_if_every_fact_is_known_and_nothing_is_left(clinical):
    unknown = "The files of this run do not say."
    for facts, hint, status, left in (
        (("raters",), "", AUTHORS, unknown),
        (("raters", "software"), "", PARTLY, unknown),
        (("software",), "More.", PARTLY, "More."),
        (("software",), "", FILLED, ""),
    ):
        row = answer(Item("own", "1", "t", "a", facts, hint), clinical)
        assert (row.status, row.hint) == (status, left)
        assert len(row.texts) == ("software" in facts)


def test_counts_of_the_manifest_are_told_only_where_recorded(clinical):
    assert state_fact("unscored", clinical) is None
    assert state_fact("raters", clinical) is None
    assert state_fact("devices", clinical) is None
    told = _cohort(clinical, unlabelled_clips=7, raters=2, devices={"iQ": 11, "unknown": 1})
    assert state_fact("unscored", told).text == "7 clips of the manifest without a score: not used."
    assert state_fact("raters", told).text == "The manifest names 2 raters of the scores used."
    assert "iQ (11 patients) and unknown (1 patient)" in state_fact("devices", told).text
    assert state_fact("devices", _cohort(clinical, devices={"unknown": 12})) is None
    assert state_fact("raters", _cohort(clinical, raters=0)) is None
    assert _status(CLAIM, clinical)["12"] == PARTLY
    assert _status(CLAIM, told)["12"] == FILLED


def test_clips_left_out_are_counted_by_reason_without_their_names(clinical):
    skipped = [
        SkippedClip(clip=f"doe/{name}.mp4", error="The clip cannot be read; replace it.")
        for name in ("a", "b")
    ] + [SkippedClip(clip="doe/c.mp4", error="The clip has no frame.")]
    text = state_fact("skipped", _cohort(clinical, skipped_clips=tuple(skipped))).text
    assert "3 clips with a score have no embeddings" in text
    assert "2 × The clip cannot be read; replace it; 1 × The clip has no frame." in text
    assert "doe" not in text


def test_missing_zones_are_counted_against_the_protocol(clinical):
    mine = clinical.exams[clinical.exams["model"] == clinical.models[0]]
    lacking = int((12 - mine["zones_scored"]).sum())
    assert lacking > 0
    text = state_fact("missing_zones", clinical).text
    assert text.startswith(f"{lacking} of {12 * len(mine)} zones have no clip with a score, in ")


def test_true_scores_count_every_clip_once_however_many_repeats(weak):
    text = state_fact("scores", weak).text
    told = sum(
        int(part.split()[1]) for part in text.partition(": ")[2].replace(" and", ",").split(", ")
    )
    assert told == weak.clips["clip"].nunique()


def test_an_external_run_says_what_it_was_trained_on_and_how_cards_differ(external):
    assert "All of far for training, all of clinic" in state_fact("partition", external).text
    assert "trained on far, tested on clinic" in state_fact("external", external).text
    assert "protocol (lus-8; lus-12)" in state_fact("differences", external).text
    assert "Trained on far" in state_fact("source", external).text
    assert "None but chance" not in state_fact("differences", external).text


def test_leaving_out_devices_is_told_where_clusters_are_asked_for(clinical):
    assert "not examined" in state_fact("subgroups", clinical).text
    run = changed(clinical, cross_validation={"leave_out": "device"})
    assert "Each fold is one device that was left out" in state_fact("subgroups", run).text
    assert "and no device." in state_fact("disjoint", run).text


def _nested(run):
    """The run as if models had been chosen in its folds."""
    frame = run.training[["repeat", "fold"]].drop_duplicates().astype(str)
    others = len(frame) - 1
    table = frame.assign(
        model="selected/average",
        candidate=["vgg16/logistic", *["vgg16[16.mean+32.top]/svm"] * others],
        settings=["", *["C=0.1, class_weight=balanced"] * others],
        value="0.71",
    )
    told = SelectionTable(
        ways=("average",),
        averaged={"best": 1, "average": 5},
        criterion="quadratic_kappa",
        level="clip",
        inner_folds=4,
        rules=(),
        candidates=("vgg16/logistic", "vgg16[16.mean+32.top]/svm C=0.1, class_weight=balanced"),
    )
    return replace(changed(run, selection=told), selection=table), others


def test_what_folds_chose_is_counted_and_inner_results_are_not_told(clinical):
    assert "Nothing was selected inside this run" in state_fact("selection", clinical).text
    run, others = _nested(clinical)
    text = state_fact("selection", run).text
    assert "by quadratic kappa of clips on 4 inner folds" in text
    assert f"Candidate: vgg16[16.mean+32.top]/svm ({others}); vgg16/logistic (1)." in text
    assert f"Settings: C=0.1, class_weight=balanced ({others}); default (1)." in text
    assert "0.71" not in text
    assert state_fact("selection", run).see == ("selection",)
    assert state_fact("selection", clinical).see == ("results",)


def test_what_could_be_chosen_counts_as_trained(clinical):
    run, _ = _nested(clinical)
    assert "(softmax, logistic and svm)" in state_fact("technology", run).text
    assert "among 2 candidates" in state_fact("head", run).text
    assert "where models say so: 16.mean, 32.top." in state_fact("predictors", run).text
    assert "tried class_weight=balanced" in state_fact("imbalance", run).text
    assert "none among the settings" in state_fact("imbalance", clinical).text


def test_levels_of_one_backbone_are_no_ensemble_and_averaged_candidates_are(clinical):
    assert state_fact("ensembles", clinical).text.startswith("None")
    run, _ = _nested(clinical)
    text = state_fact("ensembles", run).text
    assert text == "Models made of several: selected/average (mean of 5 candidates)."


def test_what_a_head_is_given_is_told_only_of_heads_that_are_known(clinical):
    assert "softmax: the embedding as it is" in state_fact("head_input", clinical).text
    unknown = changed(clinical, head=HeadTable(name="own"))
    assert state_fact("head_input", unknown) is None
    assert _status(TRIPOD, unknown)["12b"] == AUTHORS


def test_no_section_is_pointed_at_twice(clinical):
    for item in read_items():
        see = answer(item, clinical).see
        assert len(set(see)) == len(see)


def _answers(run):
    return [each for answers in reporting_items(run).values() for each in answers]


def test_an_item_is_for_the_authors_exactly_if_the_run_says_nothing(clinical, weak, external):
    for run in (clinical, weak, external):
        for each in _answers(run):
            assert (each.status == AUTHORS) == (not each.texts)
            assert (each.status == FILLED) == (not each.hint)
    status = [each.status for each in _answers(clinical)]
    assert len(status) == 96
    assert 20 < status.count(FILLED) < 45
    assert count_items(_answers(clinical)) == (
        f"{status.count(FILLED)} of 96 items are filled from this run, {status.count(PARTLY)} in "
        f"part; {status.count(AUTHORS)} are for the authors"
    )


def test_sections_that_a_run_without_zones_lacks_are_not_pointed_at(clinical, images):
    def seen(run):
        return {anchor for each in _answers(run) for anchor, _ in each.see}

    assert {"global-score", "exams"} <= seen(clinical)
    assert not {"global-score", "exams"} & seen(images)


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

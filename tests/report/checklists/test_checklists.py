from collections import Counter
from dataclasses import replace

import pytest

from lusscore.report.checklists import AUTHORS, CLAIM, FILLED, PARTLY, TRIPOD_AI, answer_items
from lusscore.report.checklists.fact import fact_names, register_fact, tell_fact
from lusscore.report.checklists.item import Checklist, Item

PARTS = {3: "abc", 5: "ab", 6: "abc", 8: "abc", 9: "abc", 12: "abcdefg", 18: "abcdef",
         20: "abc", 23: "ab", 27: "abc"}  # fmt: skip


def _cohort(run, **changes):
    return replace(run, config=run.config | {"cohort": run.config["cohort"] | changes})


def _status(checklist, run):
    return {answer.item.number: answer.status for answer in answer_items(checklist, run)}


def test_tripod_ai_has_its_27_items_and_their_parts_in_order():
    numbers = [f"{number}{part}" for number in range(1, 28) for part in PARTS.get(number, ("",))]
    assert [item.number for item in TRIPOD_AI.items] == numbers
    assert len(numbers) == 52


def test_claim_has_its_44_items_in_order():
    assert [item.number for item in CLAIM.items] == [str(number) for number in range(1, 45)]


@pytest.mark.parametrize("checklist", [TRIPOD_AI, CLAIM], ids=lambda checklist: checklist.name)
def test_every_item_has_a_fact_or_a_hint_and_asks_in_few_words(checklist):
    for item in checklist.items:
        assert item.facts or item.hint, item.number
        assert len(item.asks.split()) <= 14, item.number
        assert set(item.facts) <= set(fact_names()), item.number


def test_every_fact_is_asked_for():
    asked = {name for checklist in (TRIPOD_AI, CLAIM) for item in checklist.items
             for name in item.facts}  # fmt: skip
    assert asked == set(fact_names())


def test_a_fact_is_registered_once():
    with pytest.raises(ValueError, match="'sizes' is registered already"):
        register_fact("sizes")(lambda run: None)


def test_what_no_file_tells_is_left_to_the_authors(clinical):
    tripod, claim = _status(TRIPOD_AI, clinical), _status(CLAIM, clinical)
    for number in ("2", "5b", "6b", "8b", "8c", "17", "18a", "18d", "19", "25", "27b"):
        assert tripod[number] == AUTHORS, number
    for number in ("8", "11", "13", "16", "18", "21", "34", "44"):
        assert claim[number] == AUTHORS, number


def test_what_a_run_knows_is_filled(clinical):
    tripod, claim = _status(TRIPOD_AI, clinical), _status(CLAIM, clinical)
    for number in ("12a", "12e", "13", "15", "21", "24"):
        assert tripod[number] == FILLED, number
    for number in ("19", "20", "22", "23", "28", "29", "32", "33", "37", "38"):
        assert claim[number] == FILLED, number


def test_an_item_is_filled_only_if_every_fact_is_known_and_nothing_is_left(clinical):
    checklist = Checklist("own", "here", (
        Item("1", "t", "a", ("raters",)),
        Item("2", "t", "a", ("raters", "software")),
        Item("3", "t", "a", ("software",), "More."),
        Item("4", "t", "a", ("software",)),
    ))  # fmt: skip
    answers = answer_items(checklist, clinical)
    assert [answer.status for answer in answers] == [AUTHORS, PARTLY, PARTLY, FILLED]
    assert [answer.hint for answer in answers] == [
        "The files of this run do not say.", "The files of this run do not say.", "More.", "",
    ]  # fmt: skip
    assert answers[0].texts == ()


def test_counts_of_the_manifest_are_told_only_where_recorded(clinical):
    assert tell_fact("unscored", clinical) is None
    assert tell_fact("raters", clinical) is None
    assert tell_fact("devices", clinical) is None
    told = _cohort(clinical, unlabelled_clips=7, raters=2, devices={"iQ": 11, "unknown": 1})
    assert tell_fact("unscored", told).text == "7 clips of the manifest without a score: not used."
    assert tell_fact("raters", told).text == "The manifest names 2 raters of the scores used."
    assert "iQ (11 patients) and unknown (1 patient)" in tell_fact("devices", told).text
    assert tell_fact("devices", _cohort(clinical, devices={"unknown": 12})) is None
    assert tell_fact("raters", _cohort(clinical, raters=0)) is None
    assert _status(CLAIM, clinical)["12"] == PARTLY
    assert _status(CLAIM, told)["12"] == FILLED


def test_clips_left_out_are_counted_by_reason_without_their_names(clinical):
    skipped = [
        {"clip": f"doe/{name}.mp4", "error": f"/x y/doe/{name}.mp4 cannot be read; replace it."}
        for name in ("a", "b")
    ] + [{"clip": "doe/c.mp4", "error": "c.mp4 has no frame."}]
    text = tell_fact("skipped", _cohort(clinical, skipped_clips=skipped)).text
    assert "3 clips with a score have no embeddings" in text
    assert "2 × the clip cannot be read; replace it; 1 × the clip has no frame." in text
    assert "doe" not in text


def test_missing_zones_are_counted_against_the_protocol(clinical):
    mine = clinical.exams[clinical.exams["model"] == clinical.models[0]]
    lacking = int((12 - mine["zones_scored"]).sum())
    assert lacking > 0
    text = tell_fact("missing_zones", clinical).text
    assert text.startswith(f"{lacking} of {12 * len(mine)} zones have no clip with a score, in ")


def test_true_scores_count_every_clip_once_however_many_repeats(weak):
    text = tell_fact("scores", weak).text
    told = sum(
        int(part.split()[1]) for part in text.partition(": ")[2].replace(" and", ",").split(", ")
    )
    assert told == weak.clips["clip"].nunique()


def test_an_external_run_says_what_it_was_trained_on_and_how_cards_differ(external):
    assert "All of far for training, all of clinic" in tell_fact("partition", external).text
    assert "trained on far, tested on clinic" in tell_fact("external", external).text
    assert "protocol (lus-8; lus-12)" in tell_fact("differences", external).text
    assert "Trained on far" in tell_fact("source", external).text
    assert "None but chance" not in tell_fact("differences", external).text


def test_leaving_out_devices_is_told_where_clusters_are_asked_for(clinical):
    assert "not examined" in tell_fact("subgroups", clinical).text
    validation = clinical.config["cross_validation"] | {"leave_out": "device"}
    run = replace(clinical, config=clinical.config | {"cross_validation": validation})
    assert "Each fold is one device that was left out" in tell_fact("subgroups", run).text
    assert "and no device." in tell_fact("disjoint", run).text


def test_what_folds_chose_is_counted_and_inner_results_are_not_told(clinical):
    assert "Nothing was chosen inside this run" in tell_fact("selection", clinical).text
    frame = clinical.training[["model", "repeat", "fold"]].astype(str)
    chosen = frame.assign(head=["softmax", *["ordinal"] * (len(frame) - 1)], value="0.71")
    text = tell_fact("selection", replace(clinical, selection=chosen)).text
    assert f"Head: ordinal ({len(frame) - 1}), softmax (1)." in text
    assert "0.71" not in text


def test_a_simulated_cohort_is_never_said_to_have_a_source(weak):
    assert tell_fact("source", weak).text == "Cohort phantom: simulated, no patient was examined."


def test_no_section_is_pointed_at_twice(clinical):
    for checklist in (TRIPOD_AI, CLAIM):
        for answer in answer_items(checklist, clinical):
            assert max(Counter(answer.see).values(), default=1) == 1

from collections import Counter
from dataclasses import replace

import pytest

from lusscore.errors import RunError
from lusscore.evaluation import HeadTable, SelectionTable
from lusscore.evaluation.run_config import SkippedClip
from lusscore.report.checklists import AUTHORS, CLAIM, FILLED, PARTLY, TRIPOD_AI, answer_items
from lusscore.report.checklists.fact import fact_names, register_fact, tell_fact
from lusscore.report.checklists.item import Checklist, Item
from run_maker import changed

PARTS = {3: "abc", 5: "ab", 6: "abc", 8: "abc", 9: "abc", 12: "abcdefg", 18: "abcdef",
         20: "abc", 23: "ab", 27: "abc"}  # fmt: skip


def _cohort(run, **changes):
    return changed(run, cohort=changes)


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
    with pytest.raises(RunError, match="'sizes' is registered twice"):
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
        SkippedClip(clip=f"doe/{name}.mp4", error="The clip cannot be read; replace it.")
        for name in ("a", "b")
    ] + [SkippedClip(clip="doe/c.mp4", error="The clip has no frame.")]
    text = tell_fact("skipped", _cohort(clinical, skipped_clips=tuple(skipped))).text
    assert "3 clips with a score have no embeddings" in text
    assert "2 × The clip cannot be read; replace it; 1 × The clip has no frame." in text
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
    run = changed(clinical, cross_validation={"leave_out": "device"})
    assert "Each fold is one device that was left out" in tell_fact("subgroups", run).text
    assert "and no device." in tell_fact("disjoint", run).text


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
    assert "Nothing was chosen inside this run" in tell_fact("selection", clinical).text
    run, others = _nested(clinical)
    text = tell_fact("selection", run).text
    assert "by quadratic kappa of clips on 4 inner folds" in text
    assert f"Candidate: vgg16[16.mean+32.top]/svm ({others}); vgg16/logistic (1)." in text
    assert f"Settings: C=0.1, class_weight=balanced ({others}); as it is (1)." in text
    assert "0.71" not in text
    assert tell_fact("selection", run).see == ("selection",)
    assert tell_fact("selection", clinical).see == ("results",)


def test_what_could_be_chosen_counts_as_trained(clinical):
    run, _ = _nested(clinical)
    assert "(softmax, logistic and svm)" in tell_fact("technology", run).text
    assert "among 2 candidates" in tell_fact("head", run).text
    assert "where models say so: 16.mean, 32.top." in tell_fact("predictors", run).text
    assert "tried class_weight=balanced" in tell_fact("imbalance", run).text
    assert "none among the settings" in tell_fact("imbalance", clinical).text


def test_levels_of_one_backbone_are_no_ensemble_and_averaged_candidates_are(clinical):
    assert tell_fact("ensembles", clinical).text.startswith("None")
    run, _ = _nested(clinical)
    text = tell_fact("ensembles", run).text
    assert text == "Models made of several: selected/average (mean of 5 candidates)."


def test_what_a_head_is_given_is_told_only_of_heads_that_are_known(clinical):
    assert "softmax: the embedding as it is" in tell_fact("head_input", clinical).text
    unknown = changed(clinical, head=HeadTable(name="own"))
    assert tell_fact("head_input", unknown) is None
    assert _status(TRIPOD_AI, unknown)["12b"] == AUTHORS


def test_a_simulated_cohort_is_never_said_to_have_a_source(weak):
    assert tell_fact("source", weak).text == "Cohort phantom: simulated, no patient was examined."


def test_no_section_is_pointed_at_twice(clinical):
    for checklist in (TRIPOD_AI, CLAIM):
        for answer in answer_items(checklist, clinical):
            assert max(Counter(answer.see).values(), default=1) == 1

from __future__ import annotations

import numpy as np
import pytest

from lusscore.errors import HeadError
from lusscore.evaluation import PROBABILITIES, Rule
from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.rules import STANDARD_RULES
from lusscore.models.calibration import (
    Calibration,
    HeldOutClips,
    calibrate,
    cross_fit,
    measure_selective,
)
from training_tables import held_out

MEAN = Rule.parse("mean-probability")


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_made_probabilities_too_sure_or_too_timid(
    sharpness: float,
) -> None:
    clips = HeldOutClips.of(held_out(sharpness, patients=400), MEAN)
    assert calibrate(clips).temperature == pytest.approx(sharpness, rel=0.15)


@pytest.mark.parametrize("coverage", [0.1, 0.3, 0.5])
def test_the_share_asked_for_needs_no_review(coverage: float) -> None:
    clips = HeldOutClips.of(held_out(3.0, patients=60), MEAN)
    found = calibrate(clips, coverage)
    assert found.coverage == sure_share(clips, found) == pytest.approx(coverage, abs=0.01)


def test_a_score_more_likely_wrong_than_right_always_needs_review() -> None:
    clips = HeldOutClips.of(held_out(), MEAN)
    found = calibrate(clips, 1.0)
    assert found.least_confidence == 0.5
    assert 0 < found.coverage == sure_share(clips, found) < 1


def sure_share(clips: HeldOutClips, found: Calibration) -> float:
    scores, probabilities = clips.decide(found.temperature)
    confidence = probabilities[np.arange(len(scores)), scores]
    return float(np.mean(confidence >= found.least_confidence))


@pytest.mark.parametrize("coverage", [0.0, 1.1, -1.0])
def test_a_coverage_that_cannot_be_is_refused(coverage: float) -> None:
    with pytest.raises(HeadError, match="coverage"):
        calibrate(HeldOutClips.of(held_out(patients=8), MEAN), coverage)


def test_a_clip_whose_own_score_has_no_probability_does_not_stop_it() -> None:
    table = held_out(patients=20)
    table.loc[table["clip"] == table["clip"][0], list(PROBABILITIES)] = np.eye(4)[
        (table["truth"][0] + 1) % 4
    ]
    assert 0.05 <= calibrate(HeldOutClips.of(table, MEAN)).temperature <= 20


def test_no_fold_is_calibrated_by_its_own_patients() -> None:
    table = held_out(patients=40, repeats=2)
    before = cross_fit(HeldOutClips.of(table, MEAN))
    fold = (table["repeat"] == 1) & (table["fold"] == 2)
    patients = set(table.loc[fold, "patient"])
    # what is known of the fold's patients changes, in every repeat: nothing of it may be learned
    changed = table.copy()
    mine = changed["patient"].isin(patients)
    changed.loc[mine, "truth"] = (changed.loc[mine, "truth"] + 1) % 4
    after = cross_fit(HeldOutClips.of(changed, MEAN))
    rows = HeldOutClips.of(table, MEAN)
    held = rows.fold == 1  # the second fold of the first repeat
    assert set(np.unique(rows.patient[held])) == {
        number for number, name in enumerate(sorted(set(table["patient"]))) if name in patients
    }
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one[held], other[held])
    assert not np.array_equal(before[1][~held], after[1][~held])


@pytest.mark.parametrize("rule", STANDARD_RULES, ids=str)
def test_clips_are_scored_as_the_run_was_evaluated(rule: Rule) -> None:
    table = held_out(2.0, patients=9, repeats=2)
    table = table.sample(frac=1, random_state=0, ignore_index=True)  # whatever the order of rows
    clips = HeldOutClips.of(table, rule)
    reported = score_at(table, "clip", rule)
    scores, probabilities = clips.decide()
    np.testing.assert_array_equal(scores, reported["prediction"])
    np.testing.assert_allclose(probabilities, reported[["p0", "p1", "p2", "p3"]], atol=1e-6)
    np.testing.assert_array_equal(clips.truth, reported["truth"])


def test_folds_of_repeats_are_apart_and_patients_are_one() -> None:
    table = held_out(patients=8, repeats=2)
    clips = HeldOutClips.of(table, MEAN)
    assert len(clips.truth) == 2 * 8 * 4
    assert sorted(set(clips.fold)) == list(range(8))
    assert sorted(set(clips.patient)) == list(range(8))
    for patient in range(8):
        # once in each repeat
        assert len(set(clips.fold[clips.patient == patient])) == 2
    for fold in range(8):
        assert 0 < np.sum(clips.fold == fold) < len(clips.fold)


def test_figures_are_those_of_the_clips_counted_by_hand() -> None:
    clips = HeldOutClips.of(held_out(3.0, patients=60), MEAN)
    scores, probabilities, confident = cross_fit(clips)
    right = scores == clips.truth
    squares = ((probabilities - np.eye(4)[clips.truth]) ** 2).sum(axis=1)
    measured = measure_selective(clips)
    assert {name: value for name, (value, _) in measured.items()} == pytest.approx(
        {
            "brier": squares.mean(),
            "accuracy": right.mean(),
            "accuracy_confident": right[confident].mean(),
            "accuracy_review": right[~confident].mean(),
            "coverage": confident.mean(),
            "calibration_error": measured["calibration_error"][0],
        }
    )
    for name, (value, (low, high)) in measured.items():
        assert low <= value <= high or name == "calibration_error"
    # confident clips are right more often, and probabilities hold
    assert measured["accuracy_confident"][0] > measured["accuracy_review"][0] + 0.1
    assert measured["calibration_error"][0] < 0.1

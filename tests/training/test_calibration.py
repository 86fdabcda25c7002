from __future__ import annotations

import numpy as np
import pytest

from lusscore.errors import HeadError
from lusscore.evaluation import PROBABILITIES, Rule
from lusscore.training.calibration import Calibration, calibrate, cross_fit
from lusscore.training.held_out_clips import HeldOutClips
from training_tables import held_out

MEAN = Rule.parse("mean-probability")


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_made_probabilities_too_sure_or_too_timid(
    sharpness: float,
) -> None:
    clips = HeldOutClips.of(held_out(sharpness, patients=400), MEAN)
    assert calibrate(clips).temperature == pytest.approx(sharpness, rel=0.15)


@pytest.mark.parametrize("coverage", [0.1, 0.3, 0.5])
def test_the_share_asked_for_is_sure_enough(coverage: float) -> None:
    clips = HeldOutClips.of(held_out(3.0, patients=60), MEAN)
    found = calibrate(clips, coverage)
    assert found.coverage == pytest.approx(coverage, abs=0.01)
    assert found.coverage == sure_share(clips, found)


def test_a_score_more_likely_wrong_than_right_is_never_sure_enough() -> None:
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
    np.testing.assert_array_equal(before.probabilities[held], after.probabilities[held])
    np.testing.assert_array_equal(before.trusted[held], after.trusted[held])
    assert not np.array_equal(before.probabilities[~held], after.probabilities[~held])


def test_decisions_are_those_of_the_rule_on_scaled_frames() -> None:
    rows = HeldOutClips.of(held_out(patients=6), Rule.parse("worst"))
    scores, probabilities = rows.decide()
    assert probabilities.shape == (24, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    some = np.arange(24) % 3 == 0
    again, _ = rows.only(some).decide()
    np.testing.assert_array_equal(again, scores[some])

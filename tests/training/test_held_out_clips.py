from __future__ import annotations

import numpy as np
import pytest

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.rules import STANDARD_RULES, Rule
from lusscore.training.held_out_clips import HeldOutClips
from training_tables import held_out

MEAN = Rule.parse("mean-probability")


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


def test_some_clips_are_what_they_were_among_all() -> None:
    clips = HeldOutClips.of(held_out(3.0, patients=6), MEAN)
    some = clips.patient % 2 == 1
    part = clips.only(some)
    np.testing.assert_array_equal(part.truth, clips.truth[some])
    np.testing.assert_array_equal(part.patient, clips.patient[some])
    np.testing.assert_array_equal(part.fold, clips.fold[some])
    for all_of_it, of_part in zip(clips.decide(0.7), part.decide(0.7), strict=True):
        np.testing.assert_array_equal(all_of_it[some], of_part)


def test_a_temperature_makes_probabilities_flatter_or_sharper_and_orders_them_alike() -> None:
    clips = HeldOutClips.of(held_out(patients=6), MEAN)
    _, plain = clips.decide()
    _, flat = clips.decide(4.0)
    _, sharp = clips.decide(0.25)
    assert flat.max(axis=1).mean() < plain.max(axis=1).mean() < sharp.max(axis=1).mean()
    # frames of these clips are alike, so that order is kept in clips too
    np.testing.assert_array_equal(plain.argmax(axis=1), flat.argmax(axis=1))

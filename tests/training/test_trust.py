from __future__ import annotations

import numpy as np
import pytest

from lusscore.evaluation import Rule
from lusscore.training.calibration import cross_fit
from lusscore.training.held_out_clips import HeldOutClips
from lusscore.training.trust import measure_trust
from training_tables import held_out


@pytest.fixture(scope="module")
def clips():  # type: ignore[no-untyped-def]
    table = held_out(3.0, patients=60)
    return cross_fit(HeldOutClips.of(table, Rule.parse("mean-probability")))


def test_figures_are_those_of_the_clips_counted_by_hand(clips) -> None:  # type: ignore[no-untyped-def]
    right = clips.scores == clips.truth
    measured = measure_trust(clips)
    assert measured["accuracy"][0] == pytest.approx(right.mean())
    assert measured["coverage"][0] == pytest.approx(clips.trusted.mean())
    assert measured["accuracy_trusted"][0] == pytest.approx(right[clips.trusted].mean())
    assert measured["accuracy_review"][0] == pytest.approx(right[~clips.trusted].mean())
    squares = ((clips.probabilities - np.eye(4)[clips.truth]) ** 2).sum(axis=1)
    assert measured["brier"][0] == pytest.approx(squares.mean())
    for value, (low, high) in measured.values():
        assert low <= value <= high or value == measured["calibration_error"][0]


def test_those_trusted_are_right_more_often_and_probabilities_hold(clips) -> None:  # type: ignore[no-untyped-def]
    measured = measure_trust(clips)
    assert measured["accuracy_trusted"][0] > measured["accuracy_review"][0] + 0.1
    assert measured["calibration_error"][0] < 0.1

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from lusscore.evaluation.calibration import (
    BINS,
    calibration_error,
    confidence_bin,
    patient_bins,
    patient_brier,
)


@pytest.fixture
def random_rows(held_out):
    generator = np.random.default_rng(0)
    return held_out(
        generator.integers(0, 4, 300),
        generator.dirichlet([1, 1, 1, 1], 300),
        patient=np.arange(300) % 7,
    )


def _error(rows):
    binned = patient_bins(rows)
    return float(calibration_error(binned.rows.sum(0), (binned.confidence - binned.right).sum(0)))


def test_the_brier_score_is_that_of_the_four_scores_added(random_rows):
    rows = random_rows
    expected = sum(
        brier_score_loss(rows.truth == score, rows.probabilities[:, score]) for score in range(4)
    )
    assert patient_brier(rows).sum() / 300 == pytest.approx(expected)


def test_the_brier_score_is_0_for_the_truth_and_2_for_certain_error(held_out):
    assert patient_brier(held_out([0, 3], prediction=[0, 3])).sum() == 0
    assert patient_brier(held_out([0, 3], prediction=[3, 0])).sum() == 2 * 2


def test_brier_scores_and_bins_are_kept_by_patient(random_rows):
    binned = patient_bins(random_rows)
    assert patient_brier(random_rows).shape == (7,)
    assert binned.rows.shape == (7, BINS)
    assert binned.rows.sum(1).tolist() == np.bincount(random_rows.patient).tolist()
    hits = random_rows.truth == random_rows.prediction
    assert binned.right.sum() == hits.sum()


def test_the_calibration_error_of_a_worked_example(held_out):
    shares = [[0.75, 0.25, 0, 0]] * 4 + [[0, 0.45, 0.55, 0]] * 4
    rows = held_out([0, 0, 0, 0, 2, 1, 1, 1], shares)
    # four rows of confidence 0.75, all right; four of 0.55, one right
    assert _error(rows) == pytest.approx((4 * 0.25 + 4 * 0.3) / 8)


def test_probabilities_that_come_true_have_no_calibration_error(held_out):
    rows = held_out([0, 0, 0, 1], [[0.75, 0.25, 0, 0]] * 4)
    assert _error(rows) == pytest.approx(0)


def test_confidence_is_that_of_the_predicted_score_even_where_another_is_more_probable(held_out):
    rows = held_out([1, 1], [[0.6, 0.35, 0.05, 0]] * 2)
    by_majority = replace(rows, prediction=np.array([1, 1]))
    assert patient_bins(by_majority).confidence.sum() == pytest.approx(0.7)
    assert _error(by_majority) == pytest.approx(1 - 0.35)


def test_every_confidence_has_a_bin():
    edges = confidence_bin(np.array([0.0, 0.0999, 0.1, 0.95, 1.0]))
    assert edges.tolist() == [0, 0, 1, 9, 9]


def test_without_rows_there_is_no_calibration_error():
    assert np.isnan(calibration_error(np.zeros(BINS), np.zeros(BINS)))

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from lusscore.evaluation.precision_recall import precision_recall_steps, resampled_pr_auc


def _random(held_out, seed, count, patients, folds=1):
    """Rows with many ties; each patient in one fold."""
    generator = np.random.default_rng(seed)
    patient = generator.integers(0, patients, count)
    patient[-1] = patients - 1
    return held_out(
        generator.integers(0, 4, count),
        generator.random((count, 4)).round(1),
        patient=patient,
        fold=patient % folds,
    )


def _area(rows, draws=None):
    everyone = np.ones((1, len(rows.patients)))
    return resampled_pr_auc(precision_recall_steps(rows), everyone if draws is None else draws)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), count=st.integers(8, 60), patients=st.integers(1, 6))
def test_within_one_fold_it_is_scikit_learns_average_precision(make_rows, seed, count, patients):
    rows = _random(make_rows, seed, count, patients)
    area = _area(rows)[0]
    for score in range(4):
        positive = rows.truth == score
        if positive.any():
            expected = average_precision_score(positive, rows.probabilities[:, score])
            assert area[score] == pytest.approx(expected)
        else:
            assert np.isnan(area[score])


def test_a_resample_is_that_of_rows_repeated_as_often_as_their_patient_was_drawn(held_out):
    rows = _random(held_out, 3, 80, 6)
    draws = np.random.default_rng(0).multinomial(6, np.full(6, 1 / 6), 230).astype(float)
    areas = _area(rows, draws)
    for draw, area in zip(draws[[0, 120, 229]], areas[[0, 120, 229]], strict=True):
        taken = np.repeat(np.arange(80), draw[rows.patient].astype(int))
        for score in range(4):
            positive = rows.truth[taken] == score
            expected = average_precision_score(positive, rows.probabilities[taken, score])
            assert area[score] == pytest.approx(expected)


def test_rows_of_different_folds_are_never_ranked_against_each_other(held_out):
    rows = _random(held_out, 5, 120, 9, folds=3)
    moved = replace(rows, probabilities=rows.probabilities + rows.fold[:, None] * 10)
    assert np.allclose(_area(rows), _area(moved))


def test_folds_weigh_by_how_often_they_have_the_score(held_out):
    probabilities = np.zeros((6, 4))
    probabilities[:, 1] = [0.9, 0.1, 0.2, 0.9, 0.8, 0.1]
    rows = held_out(
        [1, 0, 0, 1, 1, 0], probabilities, patient=[0, 0, 0, 1, 1, 1], fold=[0, 0, 0, 1, 1, 1]
    )
    assert _area(rows)[0][1] == pytest.approx(1)
    worse = replace(rows, truth=np.array([0, 1, 0, 1, 1, 0]))
    assert _area(worse)[0][1] == pytest.approx((1 / 3 + 1 + 1) / 3)


def test_constant_probabilities_give_the_share_of_the_score(held_out):
    rows = held_out([0, 0, 0, 1], np.full((4, 4), 0.25))
    assert _area(rows)[0][:2] == pytest.approx([0.75, 0.25])

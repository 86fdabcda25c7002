import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from lusscore.evaluation.auc import mean_over_defined, patient_pairs, resampled_auc
from lusscore.evaluation.predictions import HeldOut


def _random(seed, rows, patients, folds=1, decimals=1):
    """Held-out rows with many ties, each patient in one fold."""
    generator = np.random.default_rng(seed)
    patient = generator.integers(0, patients, rows)
    probabilities = generator.random((rows, 4)).round(decimals)
    truth = generator.integers(0, 4, rows)
    return HeldOut(
        truth,
        truth,
        probabilities,
        patient,
        patient % folds,
        tuple(map(str, range(patients))),
        tuple((1, fold + 1) for fold in range(folds)),
    )


def _everyone(rows):
    return np.ones((1, len(rows.patients)))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(8, 60), st.integers(1, 6))
def test_within_one_fold_it_is_scikit_learns_auc(seed, count, patients):
    rows = _random(seed, count, patients)
    area = resampled_auc(*patient_pairs(rows), _everyone(rows))[0]
    for score in range(4):
        positive = rows.truth == score
        if positive.any() and not positive.all():
            expected = roc_auc_score(positive, rows.probabilities[:, score])
            assert area[score] == pytest.approx(expected)
        else:
            assert np.isnan(area[score])


def test_a_resample_is_the_auc_of_rows_repeated_as_often_as_their_patient_was_drawn():
    rows = _random(3, 80, 6)
    draw = np.array([2.0, 0, 1, 3, 0, 0])
    area = resampled_auc(*patient_pairs(rows), draw[None])[0]
    taken = np.repeat(np.arange(80), draw[rows.patient].astype(int))
    for score in range(4):
        expected = roc_auc_score(rows.truth[taken] == score, rows.probabilities[taken, score])
        assert area[score] == pytest.approx(expected)


def test_rows_of_different_folds_are_never_ranked_against_each_other():
    rows = _random(5, 120, 9, folds=3)
    shifted = rows.probabilities + rows.fold[:, None] * 10
    moved = HeldOut(
        rows.truth, rows.prediction, shifted, rows.patient, rows.fold, rows.patients, rows.folds
    )
    one = resampled_auc(*patient_pairs(rows), _everyone(rows))
    other = resampled_auc(*patient_pairs(moved), _everyone(moved))
    assert np.allclose(one, other)


def test_constant_probabilities_per_fold_give_one_half(held_out):
    truth = np.tile([0, 1, 2, 3], 6)
    fold = np.repeat([0, 1], 12)
    constant = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]])[fold]
    rows = held_out(truth, constant, patient=fold, fold=fold)
    assert np.allclose(resampled_auc(*patient_pairs(rows), _everyone(rows)), 0.5)


def test_the_mean_leaves_out_what_is_undefined():
    values = np.array([[1.0, np.nan, 0.5, np.nan], [np.nan] * 4])
    mean = mean_over_defined(values)
    assert mean[0] == 0.75
    assert np.isnan(mean[1])

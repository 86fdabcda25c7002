from dataclasses import replace

import numpy as np
import pytest

from lusscore.evaluation.metrics import METRICS, interval, measure
from lusscore.evaluation.permutation import can_permute, permutation_null, permuted_donors


def _cohort(held_out, skill, *, patients=24, recordings=4, frames=1, seed=0):
    """Rows of patients who are alike in themselves, in three folds."""
    generator = np.random.default_rng(seed)
    count = patients * recordings * frames
    patient = np.repeat(np.arange(patients), recordings * frames)
    recording = np.repeat(np.arange(patients * recordings), frames)
    severity = generator.normal(1.5, 0.9, patients)[patient]
    level = severity + generator.normal(0, 0.6, patients * recordings)[recording]
    truth = np.clip(np.round(level), 0, 3).astype(int)
    logits = -skill * np.abs(truth[:, None] - np.arange(4))
    logits = logits + generator.normal(0, 1, (patients, 4))[patient]
    logits = logits + generator.normal(0, 1, (count, 4))
    shares = np.exp(logits)
    shares /= shares.sum(1, keepdims=True)
    return held_out(truth, shares, patient=patient, fold=patient % 3), recording


def test_donors_are_of_the_same_fold_and_every_patient_gives_to_one():
    patient = np.repeat(np.arange(9), 3)
    fold = patient % 3
    donors = permuted_donors(patient, fold, 50, 0)
    assert (fold[donors] == fold).all()
    for permutation in donors:
        given = patient[permutation].reshape(9, 3)
        assert (given == given[:, :1]).all()
        assert sorted(given[:, 0]) == list(range(9))
    assert len({tuple(permutation) for permutation in donors}) == 50
    assert np.array_equal(donors, permuted_donors(patient, fold, 50, 0))
    assert not np.array_equal(donors, permuted_donors(patient, fold, 50, 1))


def test_the_null_is_that_of_predictions_really_permuted(held_out):
    rows, recording = _cohort(held_out, 1.0)
    null = permutation_null(rows, recording, 120, 3)
    permuted = []
    for donor in permuted_donors(rows.patient, rows.fold, 120, 3):
        moved = {"prediction": rows.prediction[donor], "probabilities": rows.probabilities[donor]}
        permuted.append(measure(replace(rows, **moved)))
    assert set(null) == set(METRICS) - {"calibration_error"}
    for metric, ends in null.items():
        expected = interval(np.array([each[metric][0] for each in permuted]))
        assert ends == pytest.approx(expected), metric


def test_a_skilled_model_lies_outside_and_an_ignorant_one_mostly_inside(held_out):
    rows, recording = _cohort(held_out, 2.0, frames=3)
    null = permutation_null(rows, recording, 200, 0)
    for metric in ("accuracy", "quadratic_kappa", "macro_auc", "macro_pr_auc"):
        assert measure(rows)[metric] > null[metric][1], metric
    assert measure(rows)["brier"] < null["brier"][0]
    inside = 0
    for seed in range(20):
        rows, recording = _cohort(held_out, 0.0, frames=3, seed=seed)
        low, high = permutation_null(rows, recording, 200, 0)["quadratic_kappa"]
        inside += low <= measure(rows)["quadratic_kappa"] <= high
    assert inside >= 16


def test_many_distinct_probabilities_are_ranked_closely_enough(held_out):
    rows, recording = _cohort(held_out, 1.0, recordings=5, frames=20)
    low, high = permutation_null(rows, recording, 200, 0)["macro_auc"]
    assert low < 0.5 < high
    assert (low + high) / 2 == pytest.approx(0.5, abs=0.03)


def test_folds_of_one_patient_leave_nothing_to_permute(held_out):
    rows = held_out([0, 1, 2, 3], patient=[0, 0, 1, 1], fold=[0, 0, 1, 1])
    assert permutation_null(rows, np.arange(4), 100, 0) == {}
    assert not can_permute(rows.patient, rows.fold)
    assert can_permute(rows.patient, np.zeros(4, int))

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    mean_absolute_error,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
    roc_auc_score,
)

from lusscore.evaluation.metrics import (
    BINS,
    CLASS_METRICS,
    all_metrics,
    calibration_error,
    confidence_bin,
    mean_over_defined,
    measure,
    patient_bins,
    patient_confusions,
    per_class,
    ratio,
)

_pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


def test_metrics_are_scikit_learns(held_out):
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 4, 300)
    shares = generator.dirichlet([1, 1, 1, 1], 300) + np.eye(4)[truth] * 0.3
    shares /= shares.sum(1, keepdims=True)
    rows = held_out(truth, shares, patient=generator.integers(0, 9, 300))
    prediction, metrics = rows.prediction, measure(rows)
    each = precision_recall_fscore_support(truth, prediction)
    one_vs_rest = {"multi_class": "ovr", "average": None}
    expected = {
        "accuracy": accuracy_score(truth, prediction),
        "balanced_accuracy": balanced_accuracy_score(truth, prediction),
        "macro_precision": precision_score(truth, prediction, average="macro"),
        "macro_recall": recall_score(truth, prediction, average="macro"),
        "macro_f1": f1_score(truth, prediction, average="macro"),
        "macro_auc": roc_auc_score(truth, shares, multi_class="ovr", average="macro"),
        "macro_pr_auc": average_precision_score(np.eye(4)[truth], shares, average="macro"),
        "quadratic_kappa": cohen_kappa_score(truth, prediction, weights="quadratic"),
        "mean_absolute_error": mean_absolute_error(truth, prediction),
        "within_one": np.mean(np.abs(truth - prediction) <= 1),
        "brier": np.square(shares - np.eye(4)[truth]).sum(1).mean(),
        "precision": each[0],
        "recall": each[1],
        "f1": each[2],
        "auc": roc_auc_score(truth, shares, **one_vs_rest),
        "pr_auc": average_precision_score(np.eye(4)[truth], shares, average=None),
    }
    assert set(metrics) - set(expected) == {"calibration_error"}
    for name, value in expected.items():
        assert metrics[name][0] == pytest.approx(value, abs=1e-12), name
    matrices = patient_confusions(rows)
    assert matrices.shape == (9, 4, 4)
    assert np.array_equal(matrices.sum(0), confusion_matrix(truth, prediction))


def test_a_score_the_truth_lacks_is_undefined_and_left_out_of_macro_values(held_out):
    metrics = measure(held_out([0, 0, 1, 1], prediction=[0, 0, 1, 3]))
    for name in CLASS_METRICS:
        assert np.isnan(metrics[name][:, 2:]).all()
    assert metrics["macro_recall"] == pytest.approx((1 + 0.5) / 2)
    assert metrics["macro_precision"] == pytest.approx(1)
    assert metrics["macro_auc"] == pytest.approx((1 + 0.75) / 2)


def test_a_score_that_is_never_predicted_has_precision_zero(held_out):
    metrics = measure(held_out([0, 0, 1], prediction=[0, 0, 0]))
    assert metrics["precision"][0, 1] == metrics["f1"][0, 1] == 0
    assert metrics["macro_precision"] == pytest.approx((2 / 3 + 0) / 2)


def test_one_score_alone_leaves_kappa_and_auc_undefined_and_a_constant_has_kappa_zero(held_out):
    metrics = measure(held_out([2, 2, 2]))
    assert metrics["accuracy"] == 1
    assert np.isnan([metrics["quadratic_kappa"], metrics["macro_auc"]]).all()
    assert measure(held_out([0, 1, 2, 3], prediction=[1, 1, 1, 1]))["quadratic_kappa"] == 0


@settings(deadline=None)
@given(_pairs)
def test_every_metric_of_a_confusion_matrix_equals_scikit_learns(pairs):
    truth, prediction = np.array(pairs).T
    present = np.unique(truth)
    matrix = confusion_matrix(truth, prediction, labels=range(4)).astype(float)
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, prediction, labels=present, average="macro", zero_division=0.0
    )
    expected = {
        "accuracy": accuracy_score(truth, prediction),
        "balanced_accuracy": recall,
        "macro_precision": precision,
        "macro_recall": recall,
        "macro_f1": f1,
        "quadratic_kappa": cohen_kappa_score(
            truth, prediction, labels=range(4), weights="quadratic"
        )
        if len(np.union1d(truth, prediction)) > 1
        else np.nan,
        "mean_absolute_error": mean_absolute_error(truth, prediction),
        "within_one": (np.abs(truth - prediction) <= 1).mean(),
    }
    found = {name: float(value) for name, value in all_metrics(matrix).items()}
    assert found == pytest.approx(expected, nan_ok=True)
    each = precision_recall_fscore_support(truth, prediction, labels=range(4), zero_division=0.0)
    for name, values in zip(("precision", "recall", "f1"), each, strict=False):
        own = per_class(matrix)[name]
        assert own[present] == pytest.approx(values[present])
        assert np.isnan(np.delete(own, present)).all()


def test_many_matrices_at_once_equal_one_by_one_and_an_empty_one_is_undefined():
    matrices = np.random.default_rng(0).integers(0, 9, (50, 4, 4)).astype(float)
    single = [all_metrics(matrix) for matrix in matrices]
    for name, values in all_metrics(matrices).items():
        assert np.allclose(values, [each[name] for each in single]), name
    assert all(np.isnan(value) for value in all_metrics(np.zeros((4, 4))).values())


@pytest.mark.parametrize("rest", [0, 1e-12, -1e-12, -1.0])
def test_nothing_divided_by_nothing_or_by_what_rounding_leaves_of_it_is_undefined(rest):
    found = ratio(np.array([1, 0, 3]), np.array([2, rest, rest]))
    assert found[0] == 0.5
    assert np.isnan(found[1:]).all()
    assert ratio(np.ones((3, 1)), np.full(4, 2.0)).shape == (3, 4)


def test_the_mean_leaves_out_what_is_undefined():
    mean = mean_over_defined(np.array([[1.0, np.nan, 0.5, np.nan], [np.nan] * 4]))
    assert mean[0] == 0.75
    assert np.isnan(mean[1])


def test_the_brier_score_is_0_for_the_truth_and_2_for_certain_error(held_out):
    assert measure(held_out([0, 3], prediction=[0, 3]))["brier"] == 0
    assert measure(held_out([0, 3], prediction=[3, 0]))["brier"] == 2


def test_the_calibration_error_of_a_worked_example(held_out):
    shares = [[0.75, 0.25, 0, 0]] * 4 + [[0, 0.45, 0.55, 0]] * 4
    rows = held_out([0, 0, 0, 0, 2, 1, 1, 1], shares)
    # four rows of confidence 0.75, all right; four of 0.55, one right
    assert measure(rows)["calibration_error"] == pytest.approx((4 * 0.25 + 4 * 0.3) / 8)
    rows = held_out([0, 0, 0, 1], [[0.75, 0.25, 0, 0]] * 4)
    assert measure(rows)["calibration_error"] == pytest.approx(0)
    assert np.isnan(calibration_error(np.zeros(BINS), np.zeros(BINS)))


def test_confidence_is_that_of_the_predicted_score_even_where_another_is_more_probable(held_out):
    rows = held_out([1, 1], [[0.6, 0.35, 0.05, 0]] * 2)
    by_majority = replace(rows, prediction=np.array([1, 1]))
    assert patient_bins(by_majority)[1].sum() == pytest.approx(0.7)
    assert measure(by_majority)["calibration_error"] == pytest.approx(1 - 0.35)


def test_every_confidence_has_a_bin():
    edges = confidence_bin(np.array([0.0, 0.0999, 0.1, 0.95, 1.0]))
    assert edges.tolist() == [0, 0, 1, 9, 9]

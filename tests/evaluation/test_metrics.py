import numpy as np
import pytest
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

from lusscore.evaluation.metrics import CLASS_METRICS, LOWER_IS_BETTER, METRICS, measure


def test_a_perfect_model_has_ones_throughout(held_out):
    metrics = measure(held_out([0, 1, 2, 3, 3]))
    assert metrics.accuracy == metrics.macro_precision == metrics.macro_recall == 1
    assert metrics.macro_f1 == metrics.macro_auc == metrics.quadratic_kappa == 1
    assert metrics.balanced_accuracy == metrics.macro_pr_auc == metrics.within_one == 1
    assert all(getattr(metrics, metric) == 0 for metric in LOWER_IS_BETTER)
    assert np.array_equal(metrics.confusion, np.diag([1, 1, 1, 2]))


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
        "confusion": confusion_matrix(truth, prediction),
    }
    assert {*METRICS, *CLASS_METRICS, "confusion"} - set(expected) == {"calibration_error"}
    for name, value in expected.items():
        assert getattr(metrics, name) == pytest.approx(value, abs=1e-12), name


def test_every_metric_is_there_once():
    assert len(set(METRICS)) == len(METRICS)
    assert set(LOWER_IS_BETTER) < set(METRICS)


def test_a_score_the_truth_lacks_is_undefined_and_left_out_of_macro_values(held_out):
    metrics = measure(held_out([0, 0, 1, 1], prediction=[0, 0, 1, 3]))
    assert np.isnan(metrics.recall[2:]).all()
    assert np.isnan(metrics.precision[2:]).all()
    assert np.isnan(metrics.f1[2:]).all()
    assert np.isnan(metrics.auc[2:]).all()
    assert np.isnan(metrics.pr_auc[2:]).all()
    assert metrics.macro_recall == pytest.approx((1 + 0.5) / 2)
    assert metrics.macro_precision == pytest.approx(1)
    assert metrics.macro_auc == pytest.approx((1 + 0.75) / 2)


def test_a_score_that_is_never_predicted_has_precision_zero(held_out):
    metrics = measure(held_out([0, 0, 1], prediction=[0, 0, 0]))
    assert metrics.precision[1] == metrics.f1[1] == 0
    assert metrics.macro_precision == pytest.approx((2 / 3 + 0) / 2)


def test_one_score_alone_leaves_kappa_and_auc_undefined(held_out):
    metrics = measure(held_out([2, 2, 2]))
    assert metrics.accuracy == 1
    assert np.isnan(metrics.quadratic_kappa)
    assert np.isnan(metrics.macro_auc)


def test_a_constant_answer_has_kappa_zero(held_out):
    assert measure(held_out([0, 1, 2, 3], prediction=[1, 1, 1, 1])).quadratic_kappa == 0


def test_kappa_weighs_far_errors_more(held_out):
    truth = [0, 0, 1, 2, 3, 3]
    near = measure(held_out(truth, prediction=[1, 0, 1, 2, 3, 3])).quadratic_kappa
    far = measure(held_out(truth, prediction=[3, 0, 1, 2, 3, 3])).quadratic_kappa
    assert far < near < 1

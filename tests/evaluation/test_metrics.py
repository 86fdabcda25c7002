import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    mean_absolute_error,
    roc_auc_score,
)

from lusscore.evaluation.confusion import all_metrics
from lusscore.evaluation.metrics import LOWER_IS_BETTER, METRICS, measure


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
    rows = held_out(truth, shares)
    metrics = measure(rows)
    assert metrics.macro_f1 == pytest.approx(f1_score(truth, rows.prediction, average="macro"))
    expected = roc_auc_score(truth, shares, multi_class="ovr", average="macro")
    assert metrics.macro_auc == pytest.approx(expected)
    expected = average_precision_score(np.eye(4)[truth], shares, average="macro")
    assert metrics.macro_pr_auc == pytest.approx(expected)
    assert metrics.balanced_accuracy == pytest.approx(
        balanced_accuracy_score(truth, rows.prediction)
    )
    expected = mean_absolute_error(truth, rows.prediction)
    assert metrics.mean_absolute_error == pytest.approx(expected)
    for name, value in all_metrics(metrics.confusion).items():
        assert getattr(metrics, name) == pytest.approx(value), name


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

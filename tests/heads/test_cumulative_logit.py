import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression

from lusscore.heads.cumulative_logit import (
    CumulativeLogit,
    fit_cumulative_logit,
    objective,
    ordered,
    start_parameters,
)


def planted(rows: int, thresholds: list[float], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw from the model itself: direction (1, −2, 0.5)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    position = x @ np.array([1.0, -2.0, 0.5])
    below = expit(np.array(thresholds) - position[:, None])
    return x, np.sum(rng.random(rows)[:, None] > below, axis=1)


@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
def test_two_classes_are_logistic_regression(strength: float) -> None:
    x, y = planted(300, [0.3])
    ours = fit_cumulative_logit(x, y, np.ones(300), strength, 1000, 1e-9)
    theirs = LogisticRegression(C=strength, tol=1e-10, max_iter=1000).fit(x, y)
    np.testing.assert_allclose(ours.direction, theirs.coef_[0], atol=1e-4)
    np.testing.assert_allclose(-ours.thresholds, theirs.intercept_, atol=1e-4)
    np.testing.assert_allclose(ours.probabilities(x), theirs.predict_proba(x), atol=1e-5)


def test_planted_thresholds_and_direction_are_found_again() -> None:
    x, y = planted(40000, [-2.0, 0.5, 1.5])
    found = fit_cumulative_logit(x.astype(np.float32), y, np.ones(40000), 100.0, 1000, 1e-7)
    np.testing.assert_allclose(found.thresholds, [-2.0, 0.5, 1.5], atol=0.06)
    np.testing.assert_allclose(found.direction, [1.0, -2.0, 0.5], atol=0.06)


def test_without_a_signal_the_thresholds_give_the_shares_of_the_classes() -> None:
    y = np.repeat([0, 1, 2, 3], [10, 20, 30, 40])
    found = fit_cumulative_logit(np.zeros((100, 2)), y, np.ones(100), 1.0, 1000, 1e-9)
    np.testing.assert_allclose(found.probabilities(np.zeros((1, 2)))[0], [0.1, 0.2, 0.3, 0.4])


@given(st.integers(0, 2**16), st.integers(2, 5), st.floats(0.01, 100), st.floats(0.1, 5))
def test_the_gradient_is_that_of_the_likelihood(
    seed: int, classes: int, strength: float, size: float
) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(20, 3)), rng.integers(0, classes, 20)
    weights = rng.uniform(0.5, 2, 20)
    at = rng.normal(0, size, 3 + classes - 1).clip(-3, 3)

    def loss(parameters: np.ndarray) -> float:
        return objective(parameters, x, y, weights, strength)[0]

    value, gradient = objective(at, x, y, weights, strength)
    numeric = approx_fprime(at, loss, 1e-6)
    np.testing.assert_allclose(gradient, numeric, rtol=1e-3, atol=1e-3 * max(1, strength, value))


def test_the_loss_is_minus_the_logarithm_of_the_probabilities() -> None:
    x, y = planted(50, [-1.0, 1.0])
    found = fit_cumulative_logit(x, y, np.ones(50), 1.0, 1000, 1e-9)
    raw = np.concatenate([found.thresholds[:1], np.log(np.diff(found.thresholds))])
    loss, _ = objective(np.concatenate([found.direction, raw]), x, y, np.ones(50), 1.0)
    likely = np.log(found.probabilities(x)[np.arange(50), y]).sum()
    assert loss == pytest.approx(-likely + found.direction @ found.direction / 2)


def test_far_from_all_thresholds_nothing_overflows() -> None:
    x = np.array([[1e4], [-1e4], [0.0]])
    at = np.array([1.0, -1.0, np.log(2.0)])
    loss, gradient = objective(at, x, np.array([0, 2, 1]), np.ones(3), 1.0)
    assert loss == pytest.approx(2e4, rel=0.01)
    assert np.isfinite(gradient).all()


def test_a_heavier_row_counts_like_that_many_rows() -> None:
    x, y = planted(60, [-1.0, 1.0])
    weights = np.where(np.arange(60) < 20, 3.0, 1.0)
    weighted = fit_cumulative_logit(x, y, weights, 1.0, 1000, 1e-9)
    more = np.concatenate([np.arange(60), np.arange(20), np.arange(20)])
    repeated = fit_cumulative_logit(x[more], y[more], np.ones(100), 1.0, 1000, 1e-9)
    np.testing.assert_allclose(weighted.direction, repeated.direction, atol=1e-4)


def test_thresholds_stay_in_order_and_start_at_the_shares() -> None:
    start = start_parameters(2, np.array([0, 1, 1, 2]), np.ones(4))
    assert (np.diff(ordered(start[2:])) > 0).all()
    np.testing.assert_allclose(expit(ordered(start[2:])), [0.25, 0.75])


def test_of_two_classes_the_adjacent_logits_are_the_model() -> None:
    model = CumulativeLogit(np.array([1.0, -2.0, 0.5]), np.array([0.3]), 1)
    x = np.random.default_rng(0).normal(0, 3, (50, 3))
    weights, bias = model.adjacent_logits()
    assert (weights.shape, bias.shape) == ((3, 2), (2,))
    np.testing.assert_allclose(
        softmax(x @ weights + bias, axis=1), model.probabilities(x), atol=1e-12
    )


@given(st.lists(st.floats(0.1, 3), min_size=1, max_size=4), st.floats(-5, 5))
def test_a_class_overtakes_the_one_below_at_the_threshold_between_them(
    distances: list[float], position: float
) -> None:
    thresholds = np.cumsum(distances) - 3
    weights, bias = CumulativeLogit(np.ones(1), thresholds, 1).adjacent_logits()
    logits = position * weights[0] + bias
    np.testing.assert_allclose(np.diff(logits), position - thresholds, atol=1e-9)
    if np.abs(position - thresholds).min() > 1e-6:
        assert logits.argmax() == np.sum(position > thresholds)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from lusscore.heads import linear_view
from lusscore.heads.ordinal import (
    OrdinalHead,
    fit_cumulative_logit,
    objective,
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
    direction, thresholds, _ = fit_cumulative_logit(x, y, np.ones(300), strength, 1000, 1e-9)
    theirs = LogisticRegression(C=strength, tol=1e-10, max_iter=1000).fit(x, y)
    np.testing.assert_allclose(direction, theirs.coef_[0], atol=1e-4)
    np.testing.assert_allclose(-thresholds, theirs.intercept_, atol=1e-4)


def test_planted_thresholds_and_direction_are_found_again() -> None:
    x, y = planted(40000, [-2.0, 0.5, 1.5])
    direction, thresholds, _ = fit_cumulative_logit(
        x.astype(np.float32), y, np.ones(40000), 100.0, 1000, 1e-7
    )
    np.testing.assert_allclose(thresholds, [-2.0, 0.5, 1.5], atol=0.06)
    np.testing.assert_allclose(direction, [1.0, -2.0, 0.5], atol=0.06)


def test_without_a_signal_probabilities_are_the_shares_of_the_classes() -> None:
    x, y = np.zeros((100, 2)), np.repeat([0, 1, 2, 3], [10, 20, 30, 40])
    found = OrdinalHead(tol=1e-9).fit(x, y).predict_proba(x[:1])[0]
    np.testing.assert_allclose(found, [0.1, 0.2, 0.3, 0.4])


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


def test_far_from_all_thresholds_nothing_overflows() -> None:
    x = np.array([[1e4], [-1e4], [0.0]])
    at = np.array([1.0, -1.0, np.log(2.0)])
    loss, gradient = objective(at, x, np.array([0, 2, 1]), np.ones(3), 1.0)
    assert loss == pytest.approx(2e4, rel=0.01)
    assert np.isfinite(gradient).all()


def test_in_its_linear_view_a_class_overtakes_the_one_below_at_their_threshold() -> None:
    x, y = planted(200, [-2.0, 0.5, 1.5])
    head = OrdinalHead().fit(x, y)
    view = linear_view(head)
    assert view is not None
    scaled = np.concatenate(list(head.scaling_.precise(x)))
    position = scaled @ head.direction_
    np.testing.assert_allclose(
        np.diff(x @ view.weights + view.bias), position[:, None] - head.thresholds_, atol=1e-9
    )

r"""The likelihood of the cumulative logit model and its gradient.

McCullagh, P. (1980). Regression models for ordinal data. Journal of the Royal Statistical Society
B 42 (2), 109–142: with ordered classes 0 … K − 1, thresholds t_0 < … < t_{K−2} and one direction w,

    P(y ≤ k | x) = s(t_k − x·w),        s(z) = 1 / (1 + exp(−z)),

so the odds of a higher class grow by the same factor at every threshold (proportional odds). With
a = t_{k−1} − x·w (−∞ for the lowest class) and b = t_k − x·w (+∞ for the highest),

    P(y = k | x) = s(b) − s(a) = s(b) s(−a) (1 − exp(a − b)),

whose logarithm is a sum of terms that do not cancel, and

    d log P / db =  s(−b) + 1 / (exp(b − a) − 1),
    d log P / da = −s(a)  − 1 / (exp(b − a) − 1),

where b − a, the distance of two thresholds, does not depend on x. What is minimised is

    C · Σ weight · (−log P(y | x)) + ½ |w|².

Thresholds stay in order because the parameters are t_0 and the logarithms of the distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit

_Float = NDArray[np.float64]


@dataclass(frozen=True)
class CumulativeLogit:
    """A fitted model.

    Attributes
    ----------
    direction
        float64, shape (dim,): w.
    thresholds
        float64, shape (classes − 1,), increasing.
    steps
        Steps that the optimiser took.
    """

    direction: _Float
    thresholds: _Float
    steps: int

    def probabilities(self, x: _Float) -> _Float:
        """Return class probabilities, shape (rows, classes); they sum to 1."""
        below = expit(self.thresholds - (x @ self.direction)[:, None])
        edges = np.pad(below, ((0, 0), (1, 1)), constant_values=((0, 0), (0, 1)))
        return np.diff(edges, axis=1)

    def adjacent_logits(self) -> tuple[_Float, _Float]:
        """Return logits that rise with rank: weights (dim, classes) and bias (classes,).

        Logit k is k (x·w) − Σ_{j<k} t_j, so that class k + 1 overtakes class k where x·w passes
        t_k. Of two classes their softmax is this model; of more it is the adjacent-categories
        model with the same direction and thresholds.
        """
        ranks = np.arange(len(self.thresholds) + 1)
        passed = np.concatenate([[0.0], np.cumsum(self.thresholds)])
        return self.direction[:, None] * ranks, -passed


def fit_cumulative_logit(
    x: NDArray[np.floating],
    classes: NDArray[np.int64],
    weights: _Float,
    strength: float,
    max_iter: int,
    tol: float,
) -> CumulativeLogit:
    """Find direction and thresholds.

    Parameters
    ----------
    x
        float32 or float64, shape (rows, dim); never copied.
    classes
        Shape (rows,), every class 0 … K − 1 at least once, K at least 2.
    weights
        Shape (rows,).
    strength
        C of the formula.
    max_iter, tol
        Most steps, and the gradient per row, or the relative gain per step, at which to stop.
    """
    start = start_parameters(x.shape[1], classes, weights)
    scale = 1 / (strength * weights.sum())
    found = minimize(
        lambda parameters: objective(parameters, x, classes, weights, strength, scale),
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": max_iter, "maxfun": 2 * max_iter, "gtol": tol, "ftol": tol * 1e-4},
    )
    dim = x.shape[1]
    return CumulativeLogit(found.x[:dim], ordered(found.x[dim:]), int(found.nit))


def start_parameters(dim: int, classes: NDArray[np.int64], weights: _Float) -> _Float:
    """Return no direction, and the thresholds that are best without one."""
    shares = np.cumsum(np.bincount(classes, weights)) / weights.sum()
    inner = np.clip(shares[:-1], 1e-6, 1 - 1e-6)
    thresholds = np.log(inner / (1 - inner))
    distances = np.maximum(np.diff(thresholds), 1e-3)
    return np.concatenate([np.zeros(dim), thresholds[:1], np.log(distances)])


def ordered(parameters: _Float) -> _Float:
    """Turn t_0 and the logarithms of distances into thresholds."""
    return np.cumsum(np.concatenate([parameters[:1], np.exp(parameters[1:])]))


def objective(
    parameters: _Float,
    x: NDArray[np.floating],
    classes: NDArray[np.int64],
    weights: _Float,
    strength: float,
    scale: float = 1.0,
) -> tuple[float, _Float]:
    """Return what is minimised, and its gradient, both times `scale`."""
    dim = x.shape[1]
    direction, raw = parameters[:dim], parameters[dim:]
    thresholds = ordered(raw)
    position = (x @ direction.astype(x.dtype)).astype(np.float64)
    edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
    low, high = edges[classes] - position, edges[classes + 1] - position
    distance = np.diff(edges)  # of the two thresholds around each class
    with np.errstate(over="ignore"):
        pull = 1 / np.expm1(distance)
    log_p = log_expit(high) + log_expit(-low) + np.log(-np.expm1(-distance))[classes]
    by_high = weights * (expit(-high) + pull[classes])
    by_low = weights * (expit(low) + pull[classes])
    count = len(thresholds)
    by_threshold = (
        np.bincount(classes, by_high, count + 1)[:count]
        - np.bincount(classes, by_low, count + 1)[1:]
    )
    # a later threshold moves with every distance before it
    from_here = np.cumsum(by_threshold[::-1])[::-1]
    by_raw = from_here * np.concatenate([[1.0], np.exp(raw[1:])])
    by_position = (weights * (expit(-high) - expit(low))).astype(x.dtype)
    loss = -strength * float(weights @ log_p) + 0.5 * float(direction @ direction)
    gradient = np.concatenate(
        [strength * (by_position @ x).astype(np.float64) + direction, -strength * by_raw]
    )
    return scale * loss, scale * gradient

"""A linear support vector machine that is fitted in float32.

scikit-learn's `LinearSVC` copies its input to float64 and then to a sparse form of 16 bytes a
number, eight times the size of the embeddings; the problem solved here is the same, and tests hold
the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

_Float = NDArray[np.float64]


@dataclass(frozen=True)
class LinearSvm:
    """A fitted machine.

    Attributes
    ----------
    coef, intercept
        float64, shape (dim, classes) and (classes,).
    steps
        Steps that the optimiser took.
    """

    coef: _Float
    intercept: _Float
    steps: int

    def decide(self, x: _Float) -> _Float:
        """Return how far each row lies on the side of each class, shape (rows, classes)."""
        return np.asarray(x @ self.coef + self.intercept)


def fit_linear_svm(
    x: NDArray[np.floating[Any]],
    classes: NDArray[np.int64],
    weights: _Float,
    strength: float,
    max_iter: int,
    tol: float,
) -> LinearSvm:
    """Separate each class from the others by the largest margin.

    Minimises, for every class on its own and with targets ±1, the primal of

        ½ (|w|² + b²) + C · Σ weight · max(0, 1 − target · (x·w + b))²

    (squared hinge: Chang, K.-W., Hsieh, C.-J., Lin, C.-J. (2008). Coordinate descent method for
    large-scale L2-loss linear support vector machines. Journal of Machine Learning Research 9,
    1369–1398). It is convex and smooth, so L-BFGS finds its one minimum.

    Parameters
    ----------
    x
        float32 or float64, shape (rows, dim); never copied.
    classes
        Shape (rows,), every class 0 … K − 1 at least once.
    weights
        Shape (rows,).
    strength
        C of the formula.
    max_iter, tol
        Most steps, and the gradient per row, or the relative gain per step, at which to stop.
    """
    dim, count = x.shape[1], int(classes.max()) + 1
    signs = np.where(classes[:, None] == np.arange(count), 1.0, -1.0)
    scale = 1 / (strength * weights.sum())

    def objective(parameters: _Float) -> tuple[float, _Float]:
        w, b = parameters[:-count].reshape(dim, count), parameters[-count:]
        decision = (x @ w.astype(x.dtype)).astype(np.float64) + b
        slack = np.maximum(0, 1 - signs * decision)
        loss = strength * float(weights @ (slack**2).sum(axis=1)) + 0.5 * float(
            parameters @ parameters
        )
        pull = -2 * strength * weights[:, None] * signs * slack
        by_w = (x.T @ pull.astype(x.dtype)).astype(np.float64)
        gradient = np.concatenate([by_w.ravel(), pull.sum(axis=0)]) + parameters
        return scale * loss, scale * gradient

    found = minimize(
        objective,
        np.zeros((dim + 1) * count),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": max_iter, "maxfun": 2 * max_iter, "gtol": tol, "ftol": tol * 1e-4},
    )
    return LinearSvm(found.x[:-count].reshape(dim, count), found.x[-count:], int(found.nit))

r"""Ordinal regression: the cumulative logit model.

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
from scipy.special import expit, log_expit

from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.base import Floats, Ints, sample_weights
from lusscore.heads.linear import LinearView
from lusscore.heads.registry import register_head
from lusscore.heads.regularised import RegularisedHead, minimise


@register_head("ordinal")
@dataclass(eq=False, repr=False)
class OrdinalHead(RegularisedHead):
    """Ordinal regression (cumulative logit, proportional odds) on standardised embeddings.

    McCullagh 1980; the likelihood stands in :mod:`lusscore.heads.ordinal`. `direction_`, shape
    (size of a scaled example,), leads from low to high scores; `thresholds_`, shape
    (classes − 1,), rise.
    """

    tol: float = 1e-5

    def _fit(self, x: NDArray[np.float32], targets: Ints) -> None:
        weights = sample_weights(self.class_weight, self.classes_[targets])
        self.direction_, self.thresholds_, self.n_iter_ = fit_cumulative_logit(
            x, targets, weights, self.C, self.max_iter, self.tol
        )

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return {"direction": (self._size,), "thresholds": (len(self.classes_) - 1,)}

    def take_arrays(self, arrays: ArrayReader) -> None:
        """Take over what `learned_arrays` gave."""
        super().take_arrays(arrays)
        if (np.diff(self.thresholds_) < 0).any():
            raise arrays.refusal("has thresholds that do not rise")

    def _scaled_view(self) -> LinearView:
        """Return logits that rise with rank.

        Logit k is k (x·w) − Σ_{j<k} t_j, so that class k + 1 overtakes class k where x·w passes
        t_k. Of two classes their softmax is this model; of more it is the adjacent-categories
        model with the same direction and thresholds.
        """
        notes: tuple[str, ...] = ()
        if len(self.classes_) > 2:
            notes = ("one direction from low to high scores, times the rank of the score",)
        passed = np.concatenate([[0.0], np.cumsum(self.thresholds_)])
        ranks = np.arange(len(self.classes_))
        return LinearView(self.direction_[:, None] * ranks, -passed, notes)

    def _predict_scaled(self, scaled: Floats) -> Floats:
        below = expit(self.thresholds_ - (scaled @ self.direction_)[:, None])
        edges = np.pad(below, ((0, 0), (1, 1)), constant_values=((0, 0), (0, 1)))
        return np.diff(edges, axis=1)


def fit_cumulative_logit(
    x: NDArray[np.floating],
    classes: Ints,
    weights: Floats,
    strength: float,
    max_iter: int,
    tol: float,
) -> tuple[Floats, Floats, int]:
    """Find direction, shape (dim,), and thresholds, shape (classes − 1,); count the steps.

    `x`, shape (rows, dim), is never copied; every class occurs; `strength` is C of the formula.
    """
    dim = x.shape[1]
    scale = 1 / (strength * weights.sum())
    # where there is no direction yet, these thresholds are best
    shares = np.cumsum(np.bincount(classes, weights)) / weights.sum()
    below = np.clip(shares[:-1], 1e-6, 1 - 1e-6)
    thresholds = np.log(below / (1 - below))
    distances = np.maximum(np.diff(thresholds), 1e-3)
    found = minimise(
        lambda parameters: objective(parameters, x, classes, weights, strength, scale),
        np.concatenate([np.zeros(dim), thresholds[:1], np.log(distances)]),
        max_iter,
        tol,
    )
    return found.x[:dim], ordered(found.x[dim:]), int(found.nit)


def ordered(parameters: Floats) -> Floats:
    """Turn t_0 and the logarithms of distances into thresholds."""
    return np.cumsum(np.concatenate([parameters[:1], np.exp(parameters[1:])]))


def objective(
    parameters: Floats,
    x: NDArray[np.floating],
    classes: Ints,
    weights: Floats,
    strength: float,
    scale: float = 1.0,
) -> tuple[float, Floats]:
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
    by_threshold = np.bincount(classes, by_high, len(distance))[:-1]
    by_threshold -= np.bincount(classes, by_low, len(distance))[1:]
    # a later threshold moves with every distance before it
    from_here = np.cumsum(by_threshold[::-1])[::-1]
    by_raw = from_here * np.concatenate([[1.0], np.exp(raw[1:])])
    by_position = (weights * (expit(-high) - expit(low))).astype(x.dtype)
    loss = -strength * float(weights @ log_p) + 0.5 * float(direction @ direction)
    gradient = np.concatenate(
        [strength * (by_position @ x).astype(np.float64) + direction, -strength * by_raw]
    )
    return scale * loss, scale * gradient

"""Probabilities from decision values, learned on patients that the decisions have not seen."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import (
    BaseCrossValidator,
    GroupKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from lusscore.heads.linear_form import NEVER, logits_of_two

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]
# Where few patients have a class, strata may leave no division that can be used; chance then does.
_SHUFFLES = 20


class Decisions(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Hands decision values on, so that scikit-learn calibrates what is computed elsewhere."""

    def fit(self, X: _Float, y: _Int, sample_weight: _Float | None = None) -> Decisions:
        """Learn which classes there are."""
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X: _Float) -> _Float:
        """Return the values, shape (rows, classes), or (rows,) for two classes."""
        return X[:, 1] if len(self.classes_) == 2 else X

    def predict(self, X: _Float) -> NDArray[Any]:
        """Return the class with the highest value, shape (rows,)."""
        chosen: NDArray[Any] = self.classes_[np.argmax(X, axis=1)]
        return chosen


@dataclass(frozen=True)
class Platt:
    """Fitted sigmoids.

    Attributes
    ----------
    present
        int64: classes that were seen held out, and so could be calibrated; at least two.
    slopes, offsets
        float64, shape (classes present,), or (1,) of two classes: a decision value d becomes
        1 / (1 + exp(slope · d + offset)).
    """

    present: _Int
    slopes: _Float
    offsets: _Float

    def probabilities(self, decisions: _Float) -> _Float:
        """Turn decisions, shape (rows, classes), into probabilities; 0 for absent classes.

        As scikit-learn's calibrated classifier does: of two classes the second has the sigmoid;
        of more each has its own, and they are made to sum to 1.
        """
        probabilities = np.zeros(decisions.shape)
        if len(self.slopes) == 1:
            second = expit(-(self.slopes[0] * decisions[:, self.present[1]] + self.offsets[0]))
            probabilities[:, self.present] = np.stack([1 - second, second], axis=1)
            return probabilities
        own = expit(-(decisions[:, self.present] * self.slopes + self.offsets))
        total = own.sum(axis=1, keepdims=True)
        # where no class wants a row, all have the same part of it
        share = np.full_like(own, 1 / own.shape[1])
        np.divide(own, total, out=share, where=total != 0)
        probabilities[:, self.present] = share
        return probabilities

    def logits(self, weights: _Float, bias: _Float) -> tuple[_Float, _Float]:
        """Turn decisions that are linear into log-odds that are, larger for the class.

        Parameters
        ----------
        weights, bias
            Of the decisions, shape (dim, classes) and (classes,).

        Returns
        -------
        tuple of float64 arrays
            Likewise: of each class against the others. Where two classes are present, softmax of
            them is what :meth:`probabilities` gives.
        """
        decisive = self.present[-len(self.slopes) :]
        odds = -weights[:, decisive] * self.slopes
        offsets = -(bias[decisive] * self.slopes + self.offsets)
        if len(self.slopes) == 1:
            odds, offsets = logits_of_two(odds[:, 0], offsets[0])
        all_odds, all_offsets = np.zeros(weights.shape), np.full(bias.shape, NEVER)
        all_odds[:, self.present], all_offsets[self.present] = odds, offsets
        return all_odds, all_offsets


def fit_platt(decisions: _Float, classes: _Int, weights: _Float) -> Platt:
    """Fit one sigmoid per class to decision values of rows held out, and make them sum to 1.

    Platt, J. (1999). Probabilistic outputs for support vector machines and comparisons to
    regularized likelihood methods. In: Advances in Large Margin Classifiers, 61–74. scikit-learn's
    `CalibratedClassifierCV` with ``method="sigmoid"``.

    Parameters
    ----------
    decisions
        Shape (rows, classes).
    classes
        Shape (rows,), at least two different ones.
    weights
        Shape (rows,).
    """
    present = np.unique(classes)
    # values that are already held out need no division: one that holds all rows says so
    everything = np.arange(len(classes))
    model = CalibratedClassifierCV(
        Decisions(), method="sigmoid", cv=[(everything, everything)], ensemble=False
    )
    model.fit(decisions[:, present], classes, sample_weight=weights)
    sigmoids = model.calibrated_classifiers_[0].calibrators
    slopes, offsets = ([getattr(one, name) for one in sigmoids] for name in ("a_", "b_"))
    return Platt(
        present.astype(np.int64), np.array(slopes, np.float64), np.array(offsets, np.float64)
    )


def inner_folds(
    classes: _Int, groups: _Int | None, folds: int, seed: int
) -> Iterator[tuple[_Int, _Int]]:
    """Divide training rows by patient; yield those divisions whose larger part has every class.

    Patients are stratified by class, or divided at random where strata leave no such division.

    Parameters
    ----------
    classes
        Shape (rows,).
    groups
        Patient of each row, shape (rows,); None if each row is one of its own.
    folds
        At most so many; fewer where a class has fewer patients.
    seed
        Of the order of patients.

    Yields
    ------
    tuple of int64 arrays
        Rows to fit on and rows to calibrate on; no patient has rows in both.
    """
    own = np.arange(len(classes)) if groups is None else groups
    rarest = min(len(np.unique(own[classes == label])) for label in np.unique(classes))
    folds = max(2, min(folds, rarest))
    dividers: list[BaseCrossValidator]
    if groups is None:
        dividers = [StratifiedKFold(folds, shuffle=True, random_state=seed)]
    else:
        dividers = [StratifiedGroupKFold(folds, shuffle=True, random_state=seed)]
        if len(np.unique(groups)) >= folds:
            seeds = range(seed, seed + _SHUFFLES)
            dividers += [GroupKFold(folds, shuffle=True, random_state=one) for one in seeds]
    for divider in dividers:
        usable = _usable(divider, classes, groups)
        if usable:
            yield from usable
            return


def _usable(
    divider: BaseCrossValidator, classes: _Int, groups: _Int | None
) -> list[tuple[_Int, _Int]]:
    """Divide rows; keep the divisions whose larger part has every class."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        sides = list(divider.split(np.zeros(len(classes)), classes, groups))
    known = len(np.unique(classes))
    return [
        (fitted, held_out)
        for fitted, held_out in sides
        if len(held_out) and len(np.unique(classes[fitted])) == known
    ]

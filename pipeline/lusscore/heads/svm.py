"""Linear support vector machine with calibrated probabilities."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    BaseCrossValidator,
    GroupKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.utils._param_validation import Interval

from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.base import Floats, Ints, clean_variant, sample_weights
from lusscore.heads.calibration import Platt
from lusscore.heads.linear import LinearView
from lusscore.heads.registry import register_head
from lusscore.heads.regularised import RegularisedHead, minimise
from lusscore.heads.scaling import Scaling

# Where few patients have a class, strata may leave no split that can be used; chance then does.
_SHUFFLES = 20


@register_head("svm")
@dataclass(eq=False, repr=False)
class SvmHead(RegularisedHead):
    """Linear SVM on standardised embeddings, calibrated on inner folds by patient.

    One class against the others, squared hinge. For the probabilities the training patients are
    split again: each fold gets decision values from an SVM (and a scaling) that has not seen it,
    on which Platt's sigmoids are fitted; the SVM that is kept is fitted on all of them.

    Parameters
    ----------
    inner_folds
        Folds for the calibration, at least 2; fewer where a class has fewer patients. A fold
        that holds all patients of a class is left out of the calibration. Class weights count
        there, too, since calibration would undo them.

    Attributes
    ----------
    coef_ : ndarray of float64, shape (size of a scaled example, classes)
        Weights of the decision values.
    intercept_ : ndarray of float64, shape (classes,)
        Their bias.
    calibration_ : Platt
        From decision values to probabilities.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **RegularisedHead._parameter_constraints,
        "inner_folds": [Interval(Integral, 2, None, closed="left")],
    }

    inner_folds: int = 5

    def _learn(self, examples: NDArray[Any], targets: Ints, groups: Ints | None) -> None:
        clean = clean_variant(examples)
        decisions, truth = [np.empty((0, len(self.classes_)))], [targets[:0]]
        for fitted, held_out in inner_folds(targets, groups, self.inner_folds, self.seed):
            self._fit(examples[fitted], targets[fitted])
            decisions += map(self._decide, self.scaling_.precise(clean[held_out]))
            truth.append(targets[held_out])
        labels = np.concatenate(truth)
        if len(np.unique(labels)) < 2:
            raise ValueError(
                "SvmHead finds no split of the training patients that leaves every class in the "
                "larger part, so it cannot be calibrated; label more patients."
            )
        weights = sample_weights(self.class_weight, self.classes_[labels])
        self.calibration_ = Platt.fit(np.concatenate(decisions), labels, weights)
        self._fit(examples, targets)

    def _fit(self, examples: NDArray[Any], targets: Ints) -> None:
        self.scaling_, scaled, targets = self._scale(examples, targets)
        weights = sample_weights(self.class_weight, self.classes_[targets])
        self.coef_, self.intercept_, self.n_iter_ = fit_linear_svm(
            scaled, targets, weights, self.C, self.max_iter, self.tol
        )

    def _decide(self, scaled: Floats) -> Floats:
        return np.asarray(scaled @ self.coef_ + self.intercept_)

    def learned_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what prediction needs, by name."""
        platt = self.calibration_
        return self.scaling_.arrays() | {
            "coef": self.coef_,
            "intercept": self.intercept_,
            "platt.present": platt.present,
            "platt.slopes": platt.slopes,
            "platt.offsets": platt.offsets,
        }

    def take_arrays(self, arrays: ArrayReader) -> None:
        """Take over what `learned_arrays` gave."""
        count = len(self.classes_)
        self.scaling_ = Scaling.from_arrays(arrays, self._width)
        self.coef_ = arrays.take("coef", (self.scaling_.size, count), np.float64)
        self.intercept_ = arrays.take("intercept", (count,), np.float64)
        present = arrays.take("platt.present", (None,), np.int64)
        sigmoids = 1 if len(present) == 2 else len(present)
        rising = len(present) > 1 and (present[:-1] < present[1:]).all()
        if not rising or present[0] < 0 or present[-1] >= count:
            raise arrays.refusal("has no classes of its own in its array platt.present")
        self.calibration_ = Platt(
            present,
            arrays.take("platt.slopes", (sigmoids,), np.float64),
            arrays.take("platt.offsets", (sigmoids,), np.float64),
        )

    def _scaled_view(self) -> LinearView:
        notes: tuple[str, ...] = ()
        if len(self.calibration_.present) > 2:
            notes = ("each score against all others, before probabilities are made to sum to 1",)
        return LinearView(*self.calibration_.logits(self.coef_, self.intercept_), notes)

    def _predict_scaled(self, scaled: Floats) -> Floats:
        return self.calibration_.probabilities(self._decide(scaled))


def fit_linear_svm(
    x: NDArray[np.floating[Any]],
    classes: Ints,
    weights: Floats,
    strength: float,
    max_iter: int,
    tol: float,
) -> tuple[Floats, Floats, int]:
    """Separate each class from the others by the largest margin.

    Minimises, for every class on its own and with targets ±1, the primal of

        ½ (|w|² + b²) + C · Σ weight · max(0, 1 − target · (x·w + b))²

    (squared hinge: Chang, K.-W., Hsieh, C.-J., Lin, C.-J. (2008). Coordinate descent method for
    large-scale L2-loss linear support vector machines. Journal of Machine Learning Research 9,
    1369–1398). It is convex and smooth, so L-BFGS finds its one minimum. scikit-learn's
    `LinearSVC`, whose solution this is, copies its input to float64 and then to a sparse form of
    16 bytes a number, eight times the size of the embeddings.

    `x` is float, shape (rows, dim), and never copied; every class 0 … K − 1 occurs. `tol` is the
    gradient per row, or the relative gain per step, at which to stop. Returns weights, float64,
    shape (dim, classes), bias, shape (classes,), and the number of steps.
    """
    dim, count = x.shape[1], int(classes.max()) + 1
    signs = np.where(classes[:, None] == np.arange(count), 1.0, -1.0)
    scale = 1 / (strength * weights.sum())

    def objective(parameters: Floats) -> tuple[float, Floats]:
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

    found = minimise(objective, np.zeros((dim + 1) * count), max_iter, tol)
    return found.x[:-count].reshape(dim, count), found.x[-count:], int(found.nit)


def inner_folds(
    classes: Ints, groups: Ints | None, folds: int, seed: int
) -> Iterator[tuple[Ints, Ints]]:
    """Split training rows by patient; yield those splits whose larger part has every class.

    Patients are stratified by class, or shuffled where strata leave no such split; there are fewer
    folds where a class has fewer patients. Yields rows to fit on and rows to calibrate on. Without
    `groups` each row is a patient of its own.
    """
    own = np.arange(len(classes)) if groups is None else groups
    known = np.unique(classes)
    rarest = min(len(np.unique(own[classes == label])) for label in known)
    folds = max(2, min(folds, rarest))
    splitters: list[BaseCrossValidator]
    if groups is None:
        splitters = [StratifiedKFold(folds, shuffle=True, random_state=seed)]
    else:
        splitters = [StratifiedGroupKFold(folds, shuffle=True, random_state=seed)]
        if len(np.unique(groups)) >= folds:
            seeds = range(seed, seed + _SHUFFLES)
            splitters += [GroupKFold(folds, shuffle=True, random_state=one) for one in seeds]
    for splitter in splitters:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            splits = list(splitter.split(np.zeros(len(classes)), classes, groups))
        usable = [
            (fitted, held_out)
            for fitted, held_out in splits
            if len(held_out) and len(np.unique(classes[fitted])) == len(known)
        ]
        if usable:
            yield from usable
            return

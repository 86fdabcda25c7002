"""Linear support vector machine with calibrated probabilities."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.calibration import _SigmoidCalibration
from sklearn.model_selection import (
    BaseCrossValidator,
    GroupKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.base import Array, Floats, Ints, clean_variant, sample_weights
from lusscore.heads.linear import NEVER, LinearView, logits_of_two
from lusscore.heads.registry import register_head
from lusscore.heads.regularised import RegularisedHead, minimise

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
    coef_, intercept_, calibration_
        Of the decision values, and from them to probabilities.
    """

    inner_folds: int = 5

    def _learn(self, examples: Array, targets: Ints, groups: Ints | None) -> None:
        clean = clean_variant(examples)
        decisions, truth = [np.empty((0, len(self.classes_)))], [targets[:0]]
        for fitted, held_out in inner_folds(targets, groups, self.inner_folds, self.seed):
            super()._learn(examples[fitted], targets[fitted], None)
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
        super()._learn(examples, targets, None)

    def _fit(self, x: NDArray[np.float32], targets: Ints) -> None:
        weights = sample_weights(self.class_weight, self.classes_[targets])
        self.coef_, self.intercept_, self.n_iter_ = fit_linear_svm(
            x, targets, weights, self.C, self.max_iter, self.tol
        )

    def _decide(self, scaled: Floats) -> Floats:
        return np.asarray(scaled @ self.coef_ + self.intercept_)

    def learned_arrays(self) -> dict[str, Array]:
        """Return what prediction needs, by name."""
        platt = {f"platt.{name}": array for name, array in vars(self.calibration_).items()}
        return super().learned_arrays() | platt

    def take_arrays(self, arrays: ArrayReader) -> None:
        """Take over what `learned_arrays` gave."""
        super().take_arrays(arrays)
        present = arrays.take("platt.present", (None,), np.int64)
        own = np.isin(present, range(len(self.classes_))).all()
        if len(present) < 2 or not own or (np.diff(present) <= 0).any():
            raise arrays.refusal("has no rising classes of its own in its array platt.present")
        sigmoids = (1 if len(present) == 2 else len(present),)
        slopes, offsets = (
            arrays.take(f"platt.{name}", sigmoids, np.float64) for name in ("slopes", "offsets")
        )
        self.calibration_ = Platt(present, slopes, offsets)

    def _scaled_view(self) -> LinearView:
        notes: tuple[str, ...] = ()
        if len(self.calibration_.present) > 2:
            notes = ("each score against all others, before probabilities are made to sum to 1",)
        return LinearView(*self.calibration_.logits(self.coef_, self.intercept_), notes)

    def _predict_scaled(self, scaled: Floats) -> Floats:
        return self.calibration_.probabilities(self._decide(scaled))


@dataclass(frozen=True)
class Platt:
    """One sigmoid per class on decision values, made to sum to 1.

    Platt, J. (1999). Probabilistic outputs for support vector machines and comparisons to
    regularized likelihood methods. In: Advances in Large Margin Classifiers, 61–74. As
    scikit-learn's `CalibratedClassifierCV` with ``method="sigmoid"``, which takes classifiers
    and not decision values.

    `present`, int64, are the classes that were seen held out; at least two. A decision value d of
    one becomes 1 / (1 + exp(slope · d + offset)); of two classes there is one slope and one offset.
    """

    present: Ints
    slopes: Floats
    offsets: Floats

    @classmethod
    def fit(cls, decisions: Floats, classes: Ints, weights: Floats) -> Platt:
        """Fit to held-out decisions, shape (rows, classes), of at least two different classes."""
        present = np.unique(classes)
        decisive = present[1:] if len(present) == 2 else present
        sigmoids = []
        for label in decisive:
            fitted = _SigmoidCalibration().fit(decisions[:, label], classes == label, weights)
            sigmoids.append((fitted.a_, fitted.b_))
        slopes, offsets = np.array(sigmoids, np.float64).T.copy()
        return cls(present.astype(np.int64), slopes, offsets)

    def probabilities(self, decisions: Floats) -> Floats:
        """Turn decisions, shape (rows, classes), into probabilities; 0 for absent classes."""
        probabilities = np.zeros(decisions.shape)
        if len(self.slopes) == 1:
            second = expit(-(self.slopes[0] * decisions[:, self.present[1]] + self.offsets[0]))
            probabilities[:, self.present] = np.stack([1 - second, second], axis=1)
            return probabilities
        own = expit(-(decisions[:, self.present] * self.slopes + self.offsets))
        total = own.sum(axis=1, keepdims=True)
        # where every sigmoid gives 0, all classes have the same share
        share = np.full_like(own, 1 / own.shape[1])
        np.divide(own, total, out=share, where=total != 0)
        probabilities[:, self.present] = share
        return probabilities

    def logits(self, weights: Floats, bias: Floats) -> tuple[Floats, Floats]:
        """Turn linear decisions into linear log-odds of each class against the others.

        Weights, shape (dim, classes), and bias, shape (classes,), stay so. Where two classes are
        present, softmax of the log-odds is what :meth:`probabilities` gives.
        """
        decisive = self.present[-len(self.slopes) :]
        odds = -weights[:, decisive] * self.slopes
        offsets = -(bias[decisive] * self.slopes + self.offsets)
        if len(self.slopes) == 1:
            odds, offsets = logits_of_two(odds[:, 0], offsets[0])
        all_odds, all_offsets = np.zeros(weights.shape), np.full(bias.shape, NEVER)
        all_odds[:, self.present], all_offsets[self.present] = odds, offsets
        return all_odds, all_offsets


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

    `x`, shape (rows, dim), is never copied; every class occurs. Returns weights, float64, shape
    (dim, classes), bias, shape (classes,), and the number of steps.
    """
    dim, count = x.shape[1], int(classes.max()) + 1
    signs = np.where(classes[:, None] == np.arange(count), 1.0, -1.0)
    scale = 1 / (strength * weights.sum())

    def objective(parameters: Floats) -> tuple[float, Floats]:
        w, b = parameters[:-count].reshape(dim, count), parameters[-count:]
        decision = (x @ w.astype(x.dtype)).astype(np.float64) + b
        slack = np.maximum(0, 1 - signs * decision)
        hinge = strength * float(weights @ (slack**2).sum(axis=1))
        pull = -2 * strength * weights[:, None] * signs * slack
        by_w = (x.T @ pull.astype(x.dtype)).astype(np.float64)
        gradient = np.concatenate([by_w.ravel(), pull.sum(axis=0)]) + parameters
        return scale * (hinge + 0.5 * float(parameters @ parameters)), scale * gradient

    found = minimise(objective, np.zeros((dim + 1) * count), max_iter, tol)
    return found.x[:-count].reshape(dim, count), found.x[-count:], int(found.nit)


def inner_folds(
    classes: Ints, groups: Ints | None, folds: int, seed: int
) -> list[tuple[Ints, Ints]]:
    """Split training rows by patient, into rows to fit on and rows to calibrate on.

    Those splits are returned whose larger part has every class. Patients are stratified by class,
    or shuffled where strata leave no such split; there are fewer folds where a class has fewer
    patients. Without `groups` each row is a patient of its own.
    """
    patients = np.arange(len(classes)) if groups is None else groups
    present = np.unique(classes)
    rarest = min(len(np.unique(patients[classes == label])) for label in present)
    folds = max(2, min(folds, rarest))
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitters: list[BaseCrossValidator] = [kind(folds, shuffle=True, random_state=seed)]
    if groups is not None and len(np.unique(groups)) >= folds:
        seeds = range(seed, seed + _SHUFFLES)
        splitters += [GroupKFold(folds, shuffle=True, random_state=one) for one in seeds]
    for splitter in splitters:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            splits = list(splitter.split(classes, classes, groups))
        usable = [
            (fitted, held_out)
            for fitted, held_out in splits
            if len(held_out) and len(np.unique(classes[fitted])) == len(present)
        ]
        if usable:
            return usable
    return []

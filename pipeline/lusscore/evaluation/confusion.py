"""Metrics of many confusion matrices at once, for resampling.

Each equals its namesake in scikit-learn, which is called once per matrix and would take minutes
for a thousand resamples of four models.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.auc import mean_over_defined
from lusscore.evaluation.predictions import SCORES, HeldOut
from lusscore.evaluation.ratio import ratio

FloatArray = NDArray[np.float64]

_DISTANCE = np.abs(np.subtract.outer(SCORES, SCORES)).astype(np.float64)


def patient_confusions(rows: HeldOut) -> FloatArray:
    """Count truth against prediction for each patient.

    Returns
    -------
    ndarray of float64, shape (patients, 4, 4)
        Counts; the middle axis is the truth.
    """
    classes = len(SCORES)
    cell = (rows.patient * classes + rows.truth) * classes + rows.prediction
    counts = np.bincount(cell, minlength=len(rows.patients) * classes**2)
    return counts.reshape(-1, classes, classes).astype(np.float64)


def all_metrics(confusions: FloatArray) -> dict[str, FloatArray]:
    """Compute every metric that a confusion matrix gives, by name; (..., 4, 4) gives (...)."""
    macro = {name: mean_over_defined(values) for name, values in per_class(confusions).items()}
    return {
        "accuracy": accuracy(confusions),
        "balanced_accuracy": macro["recall"],
        "macro_precision": macro["precision"],
        "macro_recall": macro["recall"],
        "macro_f1": macro["f1"],
        "quadratic_kappa": quadratic_kappa(confusions),
        "mean_absolute_error": mean_absolute_error(confusions),
        "within_one": within_one(confusions),
    }


def accuracy(confusions: FloatArray) -> FloatArray:
    """Share of rows on the diagonal; shape (..., 4, 4) gives (...)."""
    return ratio(np.trace(confusions, axis1=-2, axis2=-1), confusions.sum((-2, -1)))


def per_class(confusions: FloatArray) -> dict[str, FloatArray]:
    """Precision, recall and F1 of each score, by name; shape (..., 4, 4) gives (..., 4).

    NaN for a score the truth never has; a score that is never predicted though it occurs has
    precision 0.
    """
    support, predicted = confusions.sum(-1), confusions.sum(-2)
    hits = np.diagonal(confusions, axis1=-2, axis2=-1)
    present = np.where(support > 0, 1.0, np.nan)
    return {
        "precision": np.nan_to_num(ratio(hits, predicted)) * present,
        "recall": ratio(hits, support),
        "f1": ratio(2 * hits, support + predicted) * present,
    }


def mean_absolute_error(confusions: FloatArray) -> FloatArray:
    """Mean distance of predicted from true score, in scores; shape (..., 4, 4) gives (...)."""
    return ratio((_DISTANCE * confusions).sum((-2, -1)), confusions.sum((-2, -1)))


def within_one(confusions: FloatArray) -> FloatArray:
    """Share of rows at most one score off; shape (..., 4, 4) gives (...)."""
    return ratio(((_DISTANCE <= 1) * confusions).sum((-2, -1)), confusions.sum((-2, -1)))


def quadratic_kappa(confusions: FloatArray) -> FloatArray:
    """Cohen's kappa with quadratic weights; shape (..., 4, 4) gives (...).

    Cohen 1968, Psychol Bull 70(4):213–220. NaN where truth and prediction are one and the same
    class throughout, since no disagreement is to be expected then.
    """
    weights = np.square(_DISTANCE)
    observed = (weights * confusions).sum((-2, -1))
    expected = np.einsum("ij,...i,...j->...", weights, confusions.sum(-1), confusions.sum(-2))
    return 1 - ratio(observed * confusions.sum((-2, -1)), expected)

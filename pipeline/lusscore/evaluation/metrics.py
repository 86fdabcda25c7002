"""The metrics of one set of held-out rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.auc import mean_over_defined, patient_pairs, resampled_auc
from lusscore.evaluation.held_out import HeldOut
from lusscore.evaluation.predictions import SCORES

METRICS = (
    "accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "macro_auc",
    "quadratic_kappa",
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Metrics:
    """How well one model did on some held-out rows.

    NaN stands for what these rows leave undefined. Precision, recall, F1 and AUC of a score are
    undefined where the truth never has it; macro values are means over the scores that are
    defined. A score that is never predicted though it occurs has precision 0.

    Attributes
    ----------
    accuracy, macro_precision, macro_recall, macro_f1, macro_auc
        0–1.
    quadratic_kappa
        -1–1.
    precision, recall, f1, auc
        Per score, float64, shape (4,).
    confusion
        Counts, int64, shape (4, 4); the first axis is the truth.
    """

    accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    macro_auc: float
    quadratic_kappa: float
    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    auc: FloatArray
    confusion: NDArray[np.int64]


def measure(rows: HeldOut) -> Metrics:
    """Compute all metrics of `rows`, which may span several folds.

    Everything but the AUC comes from scikit-learn; the AUC counts pairs within folds (see
    :func:`lusscore.evaluation.auc.patient_pairs`) and equals scikit-learn's where `rows` are of
    one fold.
    """
    from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

    truth, prediction = rows.truth, rows.prediction
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, prediction, labels=SCORES, zero_division=0.0
    )
    precision, recall, f1 = (
        np.where(support > 0, each, np.nan) for each in (precision, recall, f1)
    )
    everyone = np.ones((1, len(rows.patients)))
    auc = resampled_auc(*patient_pairs(rows), everyone)[0]
    return Metrics(
        accuracy=float(accuracy_score(truth, prediction)),
        macro_precision=float(mean_over_defined(precision)),
        macro_recall=float(mean_over_defined(recall)),
        macro_f1=float(mean_over_defined(f1)),
        macro_auc=float(mean_over_defined(auc)),
        quadratic_kappa=_quadratic_kappa(truth, prediction),
        precision=precision,
        recall=recall,
        f1=f1,
        auc=auc,
        confusion=confusion_matrix(truth, prediction, labels=SCORES),
    )


def _quadratic_kappa(truth: NDArray[np.int64], prediction: NDArray[np.int64]) -> float:
    """Kappa by scikit-learn; NaN where nothing but one score occurs on both sides."""
    from sklearn.metrics import cohen_kappa_score

    if len(np.union1d(truth, prediction)) == 1:
        return float("nan")
    return float(cohen_kappa_score(truth, prediction, labels=SCORES, weights="quadratic"))

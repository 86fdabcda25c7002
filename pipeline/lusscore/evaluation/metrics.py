"""The metrics of one set of held-out rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.auc import mean_over_defined, patient_pairs, resampled_auc
from lusscore.evaluation.calibration import calibration_error, patient_bins, patient_brier
from lusscore.evaluation.held_out import HeldOut
from lusscore.evaluation.precision_recall import precision_recall_steps, resampled_pr_auc
from lusscore.evaluation.predictions import SCORES

METRICS = (
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "macro_auc",
    "macro_pr_auc",
    "quadratic_kappa",
    "mean_absolute_error",
    "within_one",
    "brier",
    "calibration_error",
)
CLASS_METRICS = ("precision", "recall", "f1", "auc", "pr_auc")
LOWER_IS_BETTER = ("mean_absolute_error", "brier", "calibration_error")

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Metrics:
    """How well one model did on some held-out rows.

    NaN stands for what these rows leave undefined. Precision, recall, F1 and AUC of a score are
    undefined where the truth never has it; macro values are means over the scores that are
    defined. A score that is never predicted though it occurs has precision 0.

    Attributes
    ----------
    accuracy, macro_precision, macro_recall, macro_f1, macro_auc, macro_pr_auc, within_one
        0–1.
    balanced_accuracy
        The same as `macro_recall`; it goes by both names.
    quadratic_kappa
        -1–1.
    mean_absolute_error
        Distance of predicted from true score, 0–3; lower is better.
    brier, calibration_error
        0–2 and 0–1; lower is better. See :mod:`lusscore.evaluation.calibration`.
    precision, recall, f1, auc, pr_auc
        Per score, float64, shape (4,); `pr_auc` is average precision.
    confusion
        Counts, int64, shape (4, 4); the first axis is the truth.
    """

    accuracy: float
    balanced_accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    macro_auc: float
    macro_pr_auc: float
    quadratic_kappa: float
    mean_absolute_error: float
    within_one: float
    brier: float
    calibration_error: float
    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    auc: FloatArray
    pr_auc: FloatArray
    confusion: NDArray[np.int64]


def measure(rows: HeldOut) -> Metrics:
    """Compute all metrics of `rows`, which may span several folds.

    What scikit-learn has comes from there, but for the areas: both rank rows within folds only
    (see :func:`lusscore.evaluation.auc.patient_pairs`) and equal scikit-learn's where `rows` are
    of one fold.
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
    pr_auc = resampled_pr_auc(precision_recall_steps(rows), everyone)[0]
    counts = confusion_matrix(truth, prediction, labels=SCORES)
    macro_recall = float(mean_over_defined(recall))
    binned = patient_bins(rows)
    return Metrics(
        accuracy=float(accuracy_score(truth, prediction)),
        balanced_accuracy=macro_recall,
        macro_precision=float(mean_over_defined(precision)),
        macro_recall=macro_recall,
        macro_f1=float(mean_over_defined(f1)),
        macro_auc=float(mean_over_defined(auc)),
        macro_pr_auc=float(mean_over_defined(pr_auc)),
        quadratic_kappa=_quadratic_kappa(truth, prediction),
        mean_absolute_error=float(np.abs(truth - prediction).mean()),
        within_one=float((np.abs(truth - prediction) <= 1).mean()),
        brier=float(patient_brier(rows).sum() / len(truth)),
        calibration_error=float(
            calibration_error(binned.rows.sum(0), (binned.confidence - binned.right).sum(0))
        ),
        precision=precision,
        recall=recall,
        f1=f1,
        auc=auc,
        pr_auc=pr_auc,
        confusion=counts,
    )


def _quadratic_kappa(truth: NDArray[np.int64], prediction: NDArray[np.int64]) -> float:
    """Kappa by scikit-learn; NaN where nothing but one score occurs on both sides."""
    from sklearn.metrics import cohen_kappa_score

    if len(np.union1d(truth, prediction)) == 1:
        return float("nan")
    return float(cohen_kappa_score(truth, prediction, labels=SCORES, weights="quadratic"))

"""The metrics of one set of held-out rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.confusion import patient_confusions
from lusscore.evaluation.predictions import HeldOut
from lusscore.evaluation.resampling import resample

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
    """Compute all metrics of `rows`, which may segment several folds.

    Each is that of :func:`lusscore.evaluation.resampling.resample` with every patient drawn once,
    so that a value and its interval are one definition. The areas rank rows within folds only
    (see :func:`lusscore.evaluation.auc.patient_pairs`).
    """
    once = resample(rows, np.ones((1, len(rows.patients))))
    values: dict[str, Any] = {metric: float(once.overall[metric][0]) for metric in METRICS}
    values |= {metric: once.per_class[metric][0] for metric in CLASS_METRICS}
    return Metrics(**values, confusion=patient_confusions(rows).sum(0).astype(np.int64))

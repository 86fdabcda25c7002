"""Metrics from confusion matrices and probabilities, of many resamples at once.

Each equals its namesake in scikit-learn, which is called once per matrix and would take minutes
for a thousand resamples of four models.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, PlainSerializer

from lusscore.evaluation.predictions import SCORES, HeldOut
from lusscore.records import Record

BINS = 10
_DISTANCE = np.abs(np.subtract.outer(SCORES, SCORES)).astype(np.float64)
# sums of squares about a mean are 0 but for rounding; counts are far above it
_TINY = 1e-9

FloatArray = NDArray[np.float64]


def _to_json(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


Number = Annotated[
    float,
    Field(allow_inf_nan=True),
    BeforeValidator(
        lambda value: math.nan if value is None else value, json_schema_input_type=float | None
    ),
    PlainSerializer(_to_json, return_type=float | None, when_used="json"),
]
"""A result: NaN where it is undefined, which JSON writes as null; six decimals there."""


class Metrics(Record):
    """How well one model did on some held-out rows.

    NaN stands for what these rows leave undefined. Macro values are means over the scores for
    which a value is defined; `balanced_accuracy` is `macro_recall` by its other name. Of
    `mean_absolute_error` (0–3), `brier` (0–2) and `calibration_error` (0–1) lower is better.
    """

    accuracy: Number
    balanced_accuracy: Number
    macro_precision: Number
    macro_recall: Number
    macro_f1: Number
    macro_auc: Number
    macro_pr_auc: Number
    quadratic_kappa: Number
    mean_absolute_error: Number
    within_one: Number
    brier: Number
    calibration_error: Number


METRICS = tuple(Metrics.model_fields)
CLASS_METRICS = ("precision", "recall", "f1", "auc", "pr_auc")


def ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> FloatArray:
    """Divide arrays that broadcast; NaN where the denominator is 0, or below but for rounding."""
    over, under = np.broadcast_arrays(numerator, denominator)
    result = np.full(over.shape, np.nan)
    np.divide(over, under, out=result, where=under > _TINY)
    return result


def mean_over_defined(values: FloatArray) -> FloatArray:
    """Average over the last axis, leaving out NaN; NaN where all are."""
    defined = np.isfinite(values)
    return ratio(np.where(defined, values, 0).sum(-1), defined.sum(-1))


def patient_confusions(rows: HeldOut) -> FloatArray:
    """Count truth (middle axis) against prediction, shape (patients, 4, 4)."""
    classes = len(SCORES)
    cell = (rows.patient * classes + rows.truth) * classes + rows.prediction
    counts = np.bincount(cell, minlength=len(rows.patients) * classes**2)
    return counts.reshape(-1, classes, classes).astype(np.float64)


def all_metrics(confusions: FloatArray) -> dict[str, FloatArray]:
    """Compute every metric that a confusion matrix gives, by name; (..., 4, 4) gives (...)."""
    macro = {name: mean_over_defined(values) for name, values in per_class(confusions).items()}
    count = confusions.sum((-2, -1))
    return {
        "accuracy": ratio(np.trace(confusions, axis1=-2, axis2=-1), count),
        "balanced_accuracy": macro["recall"],
        "macro_precision": macro["precision"],
        "macro_recall": macro["recall"],
        "macro_f1": macro["f1"],
        "quadratic_kappa": _quadratic_kappa(confusions),
        "mean_absolute_error": ratio((_DISTANCE * confusions).sum((-2, -1)), count),
        "within_one": ratio(((_DISTANCE <= 1) * confusions).sum((-2, -1)), count),
    }


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


def _quadratic_kappa(confusions: FloatArray) -> FloatArray:
    """Cohen's kappa with quadratic weights (Cohen 1968, Psychol Bull 70(4):213–220).

    NaN where truth and prediction are one and the same class throughout, since no disagreement is
    to be expected then.
    """
    weights = np.square(_DISTANCE)
    observed = (weights * confusions).sum((-2, -1))
    expected = np.einsum("ij,...i,...j->...", weights, confusions.sum(-1), confusions.sum(-2))
    return 1 - ratio(observed * confusions.sum((-2, -1)), expected)


def patient_brier(rows: HeldOut) -> FloatArray:
    """Sum the Brier score of each patient's rows, shape (patients,).

    That of a row is the sum over the four scores of (probability - truth)², truth being 1 for the
    true score and 0 for the others: 0 is perfect, 2 the worst (Brier 1950, Mon Weather Rev
    78(1):1–3).
    """
    loss = np.square(rows.probabilities - np.eye(len(SCORES))[rows.truth]).sum(1)
    return _summed(rows.patient, loss, len(rows.patients))


@dataclass(frozen=True)
class Binned:
    """Each patient's rows in bins of confidence, arrays of shape (patients, `BINS`).

    `rows` counts them, `confidence` sums the probability given to the predicted score, and `right`
    counts those whose predicted score is the true one.
    """

    rows: FloatArray
    confidence: FloatArray
    right: FloatArray


def patient_bins(rows: HeldOut) -> Binned:
    """Bring each patient's rows into `BINS` bins of equal width by their confidence.

    Confidence is the probability given to the *predicted* score. It is the highest of the four
    for frames; a clip's or zone's score may have another than the highest mean probability.
    """
    confidence = rows.probabilities[np.arange(len(rows.truth)), rows.prediction]
    cell = rows.patient * BINS + confidence_bin(confidence)
    right = (rows.truth == rows.prediction).astype(np.float64)
    shape = len(rows.patients), BINS
    return Binned(
        *(
            _summed(cell, values, shape[0] * BINS).reshape(shape)
            for values in (np.ones_like(right), confidence, right)
        )
    )


def confidence_bin(confidence: FloatArray) -> NDArray[np.int64]:
    """Say in which bin, from 0, each confidence of 0–1 lies."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def calibration_error(rows: FloatArray, gap: FloatArray) -> FloatArray:
    """Compute the expected calibration error: mean distance of confidence from accuracy.

    Σ over bins of (rows in bin / all rows) · |mean confidence - accuracy| (Naeini et al. 2015,
    AAAI 29(1):2901–2907; Guo et al. 2017, ICML 70:1321–1330). In samples it is above 0 even for
    probabilities that are right, the more so the fewer rows there are.

    Parameters
    ----------
    rows
        Rows of each bin, shape (..., `BINS`).
    gap
        Sum of (confidence - right) over them, same shape.

    Returns
    -------
    ndarray of float64, shape (...)
        0–1; NaN where there is no row.
    """
    return ratio(np.abs(gap).sum(-1), rows.sum(-1))


def _summed(place: NDArray[np.int64], values: FloatArray, length: int) -> FloatArray:
    return np.bincount(place, weights=values, minlength=length).astype(np.float64)

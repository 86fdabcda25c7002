"""Metrics of held-out rows, of one sample or of many resamples of patients at once.

Each equals its namesake in scikit-learn, which is called once per sample and would take minutes
for a thousand resamples of four models. All frames of a patient are drawn together.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, PlainSerializer

from lusscore.evaluation.predictions import SCORES, HeldOut
from lusscore.records import Record

BINS = 10
CONFIDENCE = 0.95
_MIRRORED = ("pr_auc", "macro_pr_auc")
_DRAWS_AT_ONCE = 100  # the products then stay in the processor's cache
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
Interval = tuple[Number, Number]


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
    per_patient = np.bincount(rows.patient, weights=loss, minlength=len(rows.patients))
    return per_patient.astype(np.float64)


def patient_bins(rows: HeldOut) -> FloatArray:
    """Bring each patient's rows into `BINS` bins of equal width by their confidence.

    Gives, shape (3, patients, `BINS`), how many rows there are, the sum of their confidence, and
    how many of them have the true score.
    """
    cell = rows.patient * BINS + confidence_bin(rows.confidence)
    right = rows.truth == rows.prediction
    binned = [
        np.bincount(cell, weights=values, minlength=len(rows.patients) * BINS)
        for values in (np.ones(len(right)), rows.confidence, right)
    ]
    return np.reshape(binned, (3, -1, BINS))


def confidence_bin(confidence: FloatArray) -> NDArray[np.int64]:
    """Say in which bin, from 0, each confidence of 0–1 lies."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def calibration_error(rows: FloatArray, gap: FloatArray) -> FloatArray:
    """Compute the expected calibration error: mean distance of confidence from accuracy.

    Σ over bins of (rows in bin / all rows) · |mean confidence - accuracy| (Naeini et al. 2015,
    AAAI 29(1):2901–2907; Guo et al. 2017, ICML 70:1321–1330). In samples it is above 0 even for
    probabilities that are right, the more so the fewer rows there are.

    `rows` of each bin and their sum of (confidence - right), both of shape (..., `BINS`), give
    (...): 0–1, NaN where there is no row.
    """
    return ratio(np.abs(gap).sum(-1), rows.sum(-1))


def resampled_auc(rows: HeldOut, draws: FloatArray) -> FloatArray:
    """Compute the area under the ROC curve of each score in each resample, shape (resamples, 4).

    It is the share of (positive, negative) pairs in which the positive has the higher probability,
    ties counting half (Hanley & McNeil 1982, Radiology 143(1):29–36). Only pairs of the same fold
    are counted: two folds are scored by two heads, whose probabilities are not on one scale (Forman
    & Scholz 2010, SIGKDD Explor 12(1):49–57). `draws`, shape (resamples, patients), says how often
    each patient is drawn. NaN where a resample holds no pair.
    """
    patients, folds = len(rows.patients), rows.by_fold()
    right, total = np.zeros((2, len(draws), len(SCORES)))
    for score in SCORES:
        # of a row of one patient (first axis) and a row of another: ranked rightly, and all
        wins, pairs = np.zeros((2, patients, patients))
        for part in folds:
            _count_pairs(part, score, wins, pairs)
        right[:, score] = ((draws @ wins) * draws).sum(1)
        total[:, score] = ((draws @ pairs) * draws).sum(1)
    return ratio(right, total)


def _count_pairs(part: HeldOut, score: int, wins: FloatArray, pairs: FloatArray) -> None:
    probability = part.probabilities[:, score]
    positive = part.truth == score
    order = np.argsort(probability[positive], kind="stable")
    values = probability[positive][order]
    owners = part.patient[positive][order]
    owned = np.bincount(owners, minlength=len(wins))
    for patient in np.unique(part.patient[~positive]):
        others = np.sort(probability[~positive & (part.patient == patient)])
        below = np.searchsorted(others, values, "left") + np.searchsorted(others, values, "right")
        wins[:, patient] += np.bincount(owners, weights=below / 2, minlength=len(wins))
        pairs[:, patient] += owned * len(others)


def resampled_pr_auc(rows: HeldOut, draws: FloatArray) -> FloatArray:
    """Compute the average precision of each score in each resample, shape (resamples, 4).

    Average precision is the mean, over the rows that have the score, of the precision among all
    rows with at least that row's probability, as scikit-learn defines it; no interpolation
    (Davis & Goadrich 2006, ICML). Rows are ranked within their fold only, as for the ROC-AUC. NaN
    where a resample has no row of the score.
    """
    total, count = np.zeros((2, len(draws), len(SCORES)))
    for part in rows.by_fold():
        for score in np.unique(part.truth):
            patients, hits_at, hits_above, rows_above = _precision_recall_steps(part, score)
            for start in range(0, len(draws), _DRAWS_AT_ONCE):
                chunk = slice(start, start + _DRAWS_AT_ONCE)
                mine = draws[chunk][:, patients]
                hits = mine @ hits_at
                count[chunk, score] += hits.sum(1)
                hits *= mine @ hits_above
                hits /= np.maximum(mine @ rows_above, 1)  # no row, then no hit either
                total[chunk, score] += hits.sum(1)
    return ratio(total, count)


def _precision_recall_steps(
    part: HeldOut, score: int
) -> tuple[NDArray[np.int64], FloatArray, FloatArray, FloatArray]:
    """Count one score against the others in one fold, at every probability of a true row.

    Gives the fold's patients, by number, and of each, shape (patients, steps): rows with the score
    at each probability, highest last; those, and all rows, with at least this probability.
    """
    patients, owner = np.unique(part.patient, return_inverse=True)
    positive = part.truth == score
    probability = part.probabilities[:, score]
    levels = np.unique(probability[positive])
    step = np.searchsorted(levels, probability, "right") - 1
    shape = len(patients), len(levels)
    # rows below the lowest probability of a true row are never among those above
    cell = owner * len(levels) + step
    hits, rows = (
        np.bincount(cell[mine], minlength=shape[0] * shape[1]).reshape(shape)
        for mine in (positive, step >= 0)
    )
    return patients, hits.astype(np.float64), _from_the_top(hits), _from_the_top(rows)


def _from_the_top(counts: NDArray[np.int64]) -> FloatArray:
    return np.ascontiguousarray(np.cumsum(counts[:, ::-1], axis=1)[:, ::-1], dtype=np.float64)


def draw_patients(patients: int, resamples: int, seed: int) -> FloatArray:
    """Draw `patients` patients with replacement, `resamples` times.

    Returns
    -------
    ndarray of float64, shape (resamples, patients)
        How often each patient was drawn; each row sums to `patients`. The same seed gives the
        same draws, so that models are compared on the same resamples.
    """
    generator = np.random.default_rng(seed)
    shares = np.full(patients, 1 / patients)
    return generator.multinomial(patients, shares, size=resamples).astype(np.float64)


def measure(rows: HeldOut, draws: FloatArray | None = None) -> dict[str, FloatArray]:
    """Compute every metric in every resample of patients.

    `draws` are as :func:`draw_patients` gives them; without them every patient is drawn once, so
    that a value and its interval are one definition. `METRICS` have shape (resamples,),
    `CLASS_METRICS` (resamples, 4), NaN where a resample leaves one undefined.
    """
    draws = np.ones((1, len(rows.patients))) if draws is None else draws
    confusions = np.tensordot(draws, patient_confusions(rows), axes=1)
    count, confidence, right = patient_bins(rows)
    auc, pr_auc = resampled_auc(rows, draws), resampled_pr_auc(rows, draws)
    return {
        **all_metrics(confusions),
        "macro_auc": mean_over_defined(auc),
        "macro_pr_auc": mean_over_defined(pr_auc),
        "brier": ratio(draws @ patient_brier(rows), confusions.sum((-2, -1))),
        "calibration_error": calibration_error(draws @ count, draws @ (confidence - right)),
        **per_class(confusions),
        "auc": auc,
        "pr_auc": pr_auc,
    }


def interval(values: FloatArray) -> Interval | None:
    """Percentile interval of `CONFIDENCE`; None where under half of the values are defined.

    Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 13.3.
    """
    defined = values[np.isfinite(values)]
    if 2 * len(defined) <= len(values):
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def metric_interval(metric: str, values: FloatArray, pooled: float) -> Interval | None:
    """Interval of one metric from its resamples, by the method that suits it.

    Two metrics are biased upwards: they are larger in samples than in the population, and larger
    in resamples than in the sample. For average precision, whose percentile interval then misses
    the population's value most of the time, this is the basic bootstrap interval, the percentile
    interval mirrored at the pooled value (Davison & Hinkley 1997, Bootstrap Methods and their
    Application, section 5.2.1). The calibration error is often near 0, where a mirrored interval
    is empty, and keeps the percentile interval. Both are widened to hold the pooled value.
    """
    ends = interval(values)
    if ends is None or metric not in (*_MIRRORED, "calibration_error"):
        return ends
    low, high = ends
    if metric in _MIRRORED:
        low, high = max(0.0, 2 * pooled - high), min(1.0, 2 * pooled - low)
    return min(low, pooled), max(high, pooled)

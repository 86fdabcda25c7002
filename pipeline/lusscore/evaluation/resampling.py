"""Bootstrap over patients: all frames of a patient are drawn together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.curves import (
    patient_pairs,
    precision_recall_steps,
    resampled_auc,
    resampled_pr_auc,
)
from lusscore.evaluation.metrics import (
    BINS,
    CLASS_METRICS,
    METRICS,
    all_metrics,
    calibration_error,
    mean_over_defined,
    patient_bins,
    patient_brier,
    patient_confusions,
    per_class,
    ratio,
)
from lusscore.evaluation.predictions import HeldOut

CONFIDENCE = 0.95
_MIRRORED = ("pr_auc", "macro_pr_auc")

FloatArray = NDArray[np.float64]
Interval = tuple[float, float]


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


@dataclass(frozen=True)
class Resampled:
    """One model's metrics in each resample of patients, NaN where a resample leaves one undefined.

    `overall` has shape (resamples,) per metric, `per_class` (resamples, 4) per metric of single
    scores.
    """

    overall: dict[str, FloatArray]
    per_class: dict[str, FloatArray]


def resample(rows: HeldOut, draws: FloatArray) -> Resampled:
    """Compute every metric in every resample; `draws` as :func:`draw_patients` gives them."""
    confusions = np.tensordot(draws, patient_confusions(rows), axes=1)
    binned = patient_bins(rows)
    areas = {
        "auc": resampled_auc(*patient_pairs(rows), draws),
        "pr_auc": resampled_pr_auc(precision_recall_steps(rows), draws),
    }
    overall = all_metrics(confusions) | {
        "macro_auc": mean_over_defined(areas["auc"]),
        "macro_pr_auc": mean_over_defined(areas["pr_auc"]),
        "brier": ratio(draws @ patient_brier(rows), confusions.sum((-2, -1))),
        "calibration_error": calibration_error(
            draws @ binned.rows, draws @ (binned.confidence - binned.right)
        ),
    }
    return Resampled(overall, per_class(confusions) | areas)


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
        0–2 and 0–1; lower is better. See :mod:`lusscore.evaluation.metrics`.
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

    Each is that of :func:`resample` with every patient drawn once, so that a value and its
    interval are one definition. The areas rank rows within folds only.
    """
    once = resample(rows, np.ones((1, len(rows.patients))))
    values: dict[str, Any] = {metric: float(once.overall[metric][0]) for metric in METRICS}
    values |= {metric: once.per_class[metric][0] for metric in CLASS_METRICS}
    return Metrics(**values, confusion=patient_confusions(rows).sum(0).astype(np.int64))


@dataclass(frozen=True)
class Bin:
    """The rows whose confidence lies in [`low`, `high`), the last bin including 1.

    `confidence` is their mean confidence, `accuracy` the share scored correctly, and `interval`
    its bootstrap interval over patients: None where all are of one patient, or under half of the
    resamples have any.
    """

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float
    interval: Interval | None


def reliability(held_out: HeldOut, draws: FloatArray | None) -> tuple[Bin, ...]:
    """Lay out the bins of confidence that hold rows; `draws` give intervals."""
    binned = patient_bins(held_out)
    rows = binned.rows.sum(0)
    shares = None if draws is None else ratio(draws @ binned.right, draws @ binned.rows)
    return tuple(
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            rows=int(rows[number]),
            confidence=float(binned.confidence[:, number].sum() / rows[number]),
            accuracy=float(binned.right[:, number].sum() / rows[number]),
            interval=interval(shares[:, number])
            if shares is not None and np.count_nonzero(binned.rows[:, number]) > 1
            else None,
        )
        for number in np.flatnonzero(rows).tolist()
    )

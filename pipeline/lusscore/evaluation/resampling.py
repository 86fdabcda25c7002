"""Bootstrap over patients: all frames of a patient are drawn together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.curves import (
    patient_pairs,
    precision_recall_steps,
    resampled_auc,
    resampled_pr_auc,
)
from lusscore.evaluation.metrics import (
    Number,
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
Interval = tuple[Number, Number]


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
    binned = patient_bins(rows)
    auc = resampled_auc(*patient_pairs(rows), draws)
    pr_auc = resampled_pr_auc(precision_recall_steps(rows), draws)
    return {
        **all_metrics(confusions),
        "macro_auc": mean_over_defined(auc),
        "macro_pr_auc": mean_over_defined(pr_auc),
        "brier": ratio(draws @ patient_brier(rows), confusions.sum((-2, -1))),
        "calibration_error": calibration_error(
            draws @ binned.rows, draws @ (binned.confidence - binned.right)
        ),
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

"""Bootstrap over patients: all frames of a patient are drawn together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.auc import mean_over_defined, patient_pairs, resampled_auc
from lusscore.evaluation.calibration import calibration_error, patient_bins, patient_brier
from lusscore.evaluation.confusion import all_metrics, patient_confusions, per_class
from lusscore.evaluation.precision_recall import precision_recall_steps, resampled_pr_auc
from lusscore.evaluation.predictions import HeldOut
from lusscore.evaluation.ratio import ratio

CONFIDENCE = 0.95
_MIRRORED = ("pr_auc", "macro_pr_auc")

FloatArray = NDArray[np.float64]


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

    Attributes
    ----------
    overall
        Metric → shape (resamples,).
    per_class
        Metric of single scores → shape (resamples, 4).
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


def interval(values: FloatArray) -> tuple[float, float] | None:
    """Percentile interval of `CONFIDENCE`; None where under half of the values are defined.

    Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 13.3.
    """
    defined = values[np.isfinite(values)]
    if 2 * len(defined) <= len(values):
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def metric_interval(metric: str, values: FloatArray, pooled: float) -> tuple[float, float] | None:
    """Interval of one metric from its resamples, by the way that suits it.

    Two metrics lean upwards: they are larger in samples than in the population, and larger in
    resamples than in the sample. For average precision, whose percentile interval then misses the
    population's value most of the time, this is the basic bootstrap interval, the percentile
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

"""Bootstrap over patients: all frames of a patient are drawn together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.auc import mean_over_defined, patient_pairs, resampled_auc
from lusscore.evaluation.confusion import (
    accuracy,
    macro_f1,
    macro_precision,
    macro_recall,
    patient_confusions,
    quadratic_kappa,
)
from lusscore.evaluation.held_out import HeldOut

CONFIDENCE = 0.95

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


def resample(rows: HeldOut, draws: FloatArray) -> dict[str, FloatArray]:
    """Compute every macro metric in every resample.

    Returns
    -------
    dict of str to ndarray of float64, shape (resamples,)
        NaN where a resample leaves a metric undefined.
    """
    confusions = np.tensordot(draws, patient_confusions(rows), axes=1)
    return {
        "accuracy": accuracy(confusions),
        "macro_precision": macro_precision(confusions),
        "macro_recall": macro_recall(confusions),
        "macro_f1": macro_f1(confusions),
        "macro_auc": mean_over_defined(resampled_auc(*patient_pairs(rows), draws)),
        "quadratic_kappa": quadratic_kappa(confusions),
    }


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

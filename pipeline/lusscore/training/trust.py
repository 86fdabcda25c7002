"""How well calibration and review work on patients that neither has seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation import (
    BINS,
    calibration_error,
    confidence_bin,
    draw_patients,
    interval,
    ratio,
)
from lusscore.training.calibration import CrossFitted

RESAMPLES, SEED = 1000, 0

_Float = NDArray[np.float64]
Measured = dict[str, tuple[float, tuple[float, float]]]
"""Value and 95 % interval over patients, by name."""


def measure_trust(clips: CrossFitted) -> Measured:
    """Measure probabilities, and what is gained by review, over clips held out from both.

    Returns
    -------
    dict
        ``brier``, ``calibration_error``, ``accuracy`` of all clips, ``accuracy_trusted`` of those
        sure enough, ``coverage``, the share of these, and ``accuracy_review`` of the rest; NaN
        where there are none. Intervals resample patients (percentiles).
    """
    patients = int(clips.patient.max()) + 1
    draws = draw_patients(patients, RESAMPLES, SEED)
    weights = np.concatenate([np.ones((1, patients)), draws])[:, clips.patient]
    right = (clips.scores == clips.truth).astype(np.float64)
    confidence = clips.probabilities[np.arange(len(right)), clips.scores]
    squares = np.square(clips.probabilities - np.eye(4)[clips.truth]).sum(axis=1)
    bins = np.eye(BINS)[confidence_bin(confidence)]
    trusted = clips.trusted.astype(np.float64)
    everyone = np.ones_like(right)
    drawn = {
        "brier": _mean(weights, squares, everyone),
        "calibration_error": calibration_error(
            weights @ bins, weights @ (bins * (confidence - right)[:, None])
        ),
        "accuracy": _mean(weights, right, everyone),
        "accuracy_trusted": _mean(weights, right, trusted),
        "accuracy_review": _mean(weights, right, 1 - trusted),
        "coverage": _mean(weights, trusted, everyone),
    }
    return {name: (float(values[0]), _span(values[1:])) for name, values in drawn.items()}


def _mean(weights: _Float, values: _Float, among: _Float) -> _Float:
    return ratio(weights @ (values * among), weights @ among)


def _span(values: _Float) -> tuple[float, float]:
    return interval(values) or (float("nan"), float("nan"))

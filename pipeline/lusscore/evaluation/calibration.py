"""Whether a probability of 0.8 means 8 in 10: Brier score and calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.predictions import SCORES, HeldOut
from lusscore.evaluation.ratio import ratio

BINS = 10

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Binned:
    """Confidence of each patient's rows in bins, each array of shape (patients, `BINS`).

    Attributes
    ----------
    rows
        Counts.
    confidence
        Sums of the confidence: the probability given to the predicted score.
    right
        Counts of rows whose predicted score is the true one.
    """

    rows: FloatArray
    confidence: FloatArray
    right: FloatArray


def patient_brier(rows: HeldOut) -> FloatArray:
    """Sum the Brier score of each patient's rows, shape (patients,).

    The Brier score of a row is the sum over the four scores of (probability - truth)², truth
    being 1 for the true score and 0 for the others: 0 is perfect, 2 the worst (Brier 1950, Mon
    Weather Rev 78(1):1–3).
    """
    distance = rows.probabilities - np.eye(len(SCORES))[rows.truth]
    loss = np.square(distance).sum(1)
    return _summed(rows.patient, loss, len(rows.patients))


def patient_bins(rows: HeldOut) -> Binned:
    """Bring each patient's rows into `BINS` bins of equal width by their confidence.

    Confidence is the probability given to the *predicted* score. It is the highest of the four
    for frames; a clip's or zone's score may have another than the highest mean probability.
    """
    confidence = rows.probabilities[np.arange(len(rows.truth)), rows.prediction]
    cell = rows.patient * BINS + confidence_bin(confidence)
    right = (rows.truth == rows.prediction).astype(np.float64)
    count, shape = len(rows.patients) * BINS, (len(rows.patients), BINS)
    return Binned(
        rows=_summed(cell, np.ones_like(right), count).reshape(shape),
        confidence=_summed(cell, confidence, count).reshape(shape),
        right=_summed(cell, right, count).reshape(shape),
    )


def confidence_bin(confidence: FloatArray) -> NDArray[np.int64]:
    """Say in which bin each confidence, 0–1, lies."""
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
    """Sum `values` by their place in an array of `length`."""
    return np.bincount(place, weights=values, minlength=length).astype(np.float64)

"""ROC-AUC as counts of patient pairs, so that resampling patients is exact and quick."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.predictions import SCORES, HeldOut
from lusscore.evaluation.ratio import ratio

FloatArray = NDArray[np.float64]


def patient_pairs(rows: HeldOut) -> tuple[FloatArray, FloatArray]:
    """Count, for each score, how well rows of one patient rank above those of another.

    The area under the ROC curve is the share of (positive, negative) pairs in which the positive
    has the higher probability, ties counting half (Hanley & McNeil 1982, Radiology
    143(1):29–36). Only pairs of the same fold are counted: two folds are scored by two heads,
    whose probabilities are not on one scale (Forman & Scholz 2010, SIGKDD Explor 12(1):49–57).

    Returns
    -------
    wins, pairs
        Float64, shape (4, patients, patients). Entry [k, a, b] counts pairs of a row of patient a
        with truth k and a row of patient b with another truth: those ranked rightly, and all.
    """
    count = len(rows.patients)
    wins = np.zeros((len(SCORES), count, count))
    pairs = np.zeros_like(wins)
    for fold in range(len(rows.folds)):
        part = rows.in_fold(fold)
        for score in SCORES:
            _count_pairs(part, score, wins[score], pairs[score])
    return wins, pairs


def resampled_auc(wins: FloatArray, pairs: FloatArray, draws: FloatArray) -> FloatArray:
    """Compute the AUC of each score in each resample of patients.

    Parameters
    ----------
    wins, pairs
        As :func:`patient_pairs` gives them.
    draws
        How often each patient is drawn, shape (resamples, patients).

    Returns
    -------
    ndarray of float64, shape (resamples, 4)
        NaN where a resample holds no pair.
    """
    right, total = np.zeros((2, len(draws), len(SCORES)))
    for score in SCORES:
        right[:, score] = ((draws @ wins[score]) * draws).sum(1)
        total[:, score] = ((draws @ pairs[score]) * draws).sum(1)
    return ratio(right, total)


def mean_over_defined(values: FloatArray) -> FloatArray:
    """Average over the last axis, leaving out NaN; NaN where all are."""
    defined = np.isfinite(values)
    return ratio(np.where(defined, values, 0).sum(-1), defined.sum(-1))


def _count_pairs(part: HeldOut, score: int, wins: FloatArray, pairs: FloatArray) -> None:
    """Add one fold's pairs for one score to the patient matrices."""
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

"""Area under the precision-recall curve, quick enough to resample patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.predictions import SCORES, HeldOut
from lusscore.evaluation.ratio import ratio

FloatArray = NDArray[np.float64]

_DRAWS_AT_ONCE = 100  # the products then stay in the processor's cache


@dataclass(frozen=True)
class Steps:
    """One score against the others in one fold, counted at every probability of a true row.

    Attributes
    ----------
    score
        Which score.
    patients
        Rows of the run's patients, int64, shape (owners,): those of this fold.
    hits
        Rows with that true score at each probability, highest last, shape (owners, steps).
    hits_above, rows_above
        Rows with that true score, and all rows, with at least this probability; same shape.
    """

    score: int
    patients: NDArray[np.int64]
    hits: FloatArray
    hits_above: FloatArray
    rows_above: FloatArray


def precision_recall_steps(rows: HeldOut) -> list[Steps]:
    """Count the steps of every precision-recall curve, one per fold and score that occurs in it."""
    found = []
    for fold in range(len(rows.folds)):
        part = rows.in_fold(fold)
        patients, owner = np.unique(part.patient, return_inverse=True)
        for score in SCORES:
            positive = part.truth == score
            if positive.any():
                found.append(_steps(part, score, positive, patients, owner))
    return found


def resampled_pr_auc(steps: Sequence[Steps], draws: FloatArray) -> FloatArray:
    """Compute the average precision of each score in each resample of patients.

    Average precision is the mean, over the rows that have the score, of the precision among all
    rows with at least that row's probability, as scikit-learn defines it; no interpolation
    (Davis & Goadrich 2006, ICML). Rows are ranked within their fold only, as for the ROC-AUC.

    Parameters
    ----------
    steps
        As :func:`precision_recall_steps` gives them.
    draws
        How often each patient is drawn, whole numbers, shape (resamples, patients).

    Returns
    -------
    ndarray of float64, shape (resamples, 4)
        NaN where a resample has no row of the score.
    """
    total = np.zeros((len(draws), len(SCORES)))
    count = np.zeros_like(total)
    for start in range(0, len(draws), _DRAWS_AT_ONCE):
        part = slice(start, start + _DRAWS_AT_ONCE)
        for each in steps:
            mine = draws[part][:, each.patients]
            hits = mine @ each.hits
            count[part, each.score] += hits.sum(1)
            hits *= mine @ each.hits_above
            hits /= np.maximum(mine @ each.rows_above, 1)  # no row, then no hit either
            total[part, each.score] += hits.sum(1)
    return ratio(total, count)


def _steps(
    part: HeldOut,
    score: int,
    positive: NDArray[np.bool_],
    patients: NDArray[np.int64],
    owner: NDArray[np.int64],
) -> Steps:
    probability = part.probabilities[:, score]
    levels = np.unique(probability[positive])
    step = np.searchsorted(levels, probability, "right") - 1
    shape = len(patients), len(levels)
    # rows below the lowest probability of a true row are never among those above
    cell = owner * len(levels) + step
    hits = np.bincount(cell[positive], minlength=shape[0] * shape[1]).reshape(shape)
    rows = np.bincount(cell[step >= 0], minlength=shape[0] * shape[1]).reshape(shape)
    return Steps(score, patients, hits.astype(np.float64), _from_the_top(hits), _from_the_top(rows))


def _from_the_top(counts: NDArray[np.int64]) -> FloatArray:
    return np.ascontiguousarray(np.cumsum(counts[:, ::-1], axis=1)[:, ::-1], dtype=np.float64)

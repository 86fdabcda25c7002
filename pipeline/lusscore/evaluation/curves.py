"""Areas under ROC and precision-recall curves, quick enough to resample patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.metrics import ratio
from lusscore.evaluation.predictions import SCORES, HeldOut

GRID = np.linspace(0, 1, 101)
_ROC_COLUMNS = ["model", "repeat", "fold", "score", "false_positive_rate", "true_positive_rate"]
_DRAWS_AT_ONCE = 100  # the products then stay in the processor's cache

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
    wins, pairs = np.zeros((2, len(SCORES), count, count))
    for part in rows.by_fold():
        for score in SCORES:
            _count_pairs(part, score, wins[score], pairs[score])
    return wins, pairs


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


def resampled_auc(wins: FloatArray, pairs: FloatArray, draws: FloatArray) -> FloatArray:
    """Compute the AUC of each score in each resample, shape (resamples, 4).

    `wins` and `pairs` are those of :func:`patient_pairs`; `draws`, shape (resamples, patients),
    says how often each patient is drawn. NaN where a resample holds no pair.
    """
    right, total = np.zeros((2, len(draws), len(SCORES)))
    for score in SCORES:
        right[:, score] = ((draws @ wins[score]) * draws).sum(1)
        total[:, score] = ((draws @ pairs[score]) * draws).sum(1)
    return ratio(right, total)


@dataclass(frozen=True)
class Steps:
    """One score against the others in one fold, counted at every probability of a true row.

    `patients` are those of this fold, by number. `hits` counts rows with that true score at each
    probability, highest last, shape (patients, steps); `hits_above` those, and `rows_above` all
    rows, with at least this probability.
    """

    score: int
    patients: NDArray[np.int64]
    hits: FloatArray
    hits_above: FloatArray
    rows_above: FloatArray


def precision_recall_steps(rows: HeldOut) -> list[Steps]:
    """Count the steps of every precision-recall curve, one per fold and score that occurs in it."""
    return [
        _steps(part, score)
        for part in rows.by_fold()
        for score in SCORES
        if (part.truth == score).any()
    ]


def _steps(part: HeldOut, score: int) -> Steps:
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
    return Steps(score, patients, hits.astype(np.float64), _from_the_top(hits), _from_the_top(rows))


def _from_the_top(counts: NDArray[np.int64]) -> FloatArray:
    return np.ascontiguousarray(np.cumsum(counts[:, ::-1], axis=1)[:, ::-1], dtype=np.float64)


def resampled_pr_auc(steps: Sequence[Steps], draws: FloatArray) -> FloatArray:
    """Compute the average precision of each score in each resample, shape (resamples, 4).

    Average precision is the mean, over the rows that have the score, of the precision among all
    rows with at least that row's probability, as scikit-learn defines it; no interpolation
    (Davis & Goadrich 2006, ICML). Rows are ranked within their fold only, as for the ROC-AUC. NaN
    where a resample has no row of the score.
    """
    total, count = np.zeros((2, len(draws), len(SCORES)))
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


def roc_table(frames: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Trace every score against the others, fold by fold: the paper's Fig. 3.

    Of `frames` as ``aggregation.score_at`` gives them; every curve has 101 evenly spaced false
    positive rates, between which it was interpolated. Scores that a fold lacks, or has alone, give
    no curve.
    """
    by_model = dict(iter(frames.groupby("model")))
    patients = sorted(frames["patient"].unique())
    points = [
        (model, *fold, score, false_rate, true_rate)
        for model in models
        for fold, score, curve in _roc_curves(HeldOut.of(by_model[model], patients))
        for false_rate, true_rate in zip(GRID.tolist(), curve.tolist(), strict=True)
    ]
    return pd.DataFrame(points, columns=_ROC_COLUMNS)


def _roc_curves(rows: HeldOut) -> Iterator[tuple[tuple[int, int], int, FloatArray]]:
    """Yield (repeat, fold), score and the true positive rates on `GRID`."""
    from sklearn.metrics import roc_curve

    for fold, part in zip(rows.folds, rows.by_fold(), strict=True):
        for score in SCORES:
            positive = part.truth == score
            if positive.any() and not positive.all():
                false_rate, true_rate, _ = roc_curve(positive, part.probabilities[:, score])
                yield fold, score, np.interp(GRID, false_rate, true_rate)

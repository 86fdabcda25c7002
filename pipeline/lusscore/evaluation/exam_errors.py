"""How far global scores are from the truth, and how well they agree with it.

Weights say how often each exam counts; an exam of weight 2 counts as two exams alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.metrics import Interval, Number, interval, ratio
from lusscore.evaluation.permutation import can_permute, permuted_donors
from lusscore.records import Record

EXAM_METRICS = (
    "mean_absolute_error",
    "mean_error",
    "limit_low",
    "limit_high",
    "icc",
    "rank_correlation",
)

_LIMIT = 1.96

FloatArray = NDArray[np.float64]


class ExamErrors(Record):
    """One model's global scores beside the true ones, each exam (and repeat) counting once.

    In `complete` of the exams every zone of the protocol was scored. `pooled`, `interval` and
    `chance` are by metric, in points: ``mean_absolute_error``; ``mean_error`` of prediction -
    truth, which is Bland and Altman's bias; ``limit_low`` and ``limit_high``, their limits of
    agreement; ``icc``, ICC(A,1); ``rank_correlation``, Spearman's. Intervals are empty where all
    exams are of one patient, and chance where no patients can be permuted.
    """

    exams: int
    complete: int
    pooled: dict[str, Number]
    interval: dict[str, Interval | None]
    chance: dict[str, Interval | None]


def exam_errors(
    exams: pd.DataFrame, patients: Sequence[str], draws: FloatArray, seed: int | None = 0
) -> ExamErrors:
    """Sum up one model's exams, at least one, as ``aggregation.global_scores`` gives them.

    `patients` are all of the run, also those without an exam here; `draws`, shape (resamples,
    patients), how often each is drawn. There are as many permutations as resamples, none if `seed`
    is None.
    """
    truth, prediction = (exams[name].to_numpy(np.float64) for name in ("truth", "prediction"))
    owner = pd.Index(patients).get_indexer(pd.Index(exams["patient"])).astype(np.int64)
    fold = exams.groupby(["repeat", "fold"]).ngroup().to_numpy().astype(np.int64)
    pooled = _measured(truth, prediction, np.ones((1, len(exams))))
    resampled, null = {}, {}
    if exams["patient"].nunique() > 1:
        resampled = _measured(truth, prediction, draws[:, owner])
    if seed is not None and can_permute(owner, fold):
        donors = permuted_donors(owner, fold, len(draws), seed)
        null = _measured_null(truth, prediction[donors])
    return ExamErrors(
        exams=len(exams),
        complete=int((exams["zones_scored"] == exams["zones_of_protocol"]).sum()),
        pooled={metric: float(value[0]) for metric, value in pooled.items()},
        interval={metric: interval(values) for metric, values in resampled.items()},
        chance={metric: interval(values) for metric, values in null.items()},
    )


def _measured(
    truth: FloatArray, prediction: FloatArray, weights: FloatArray
) -> dict[str, FloatArray]:
    """Compute `EXAM_METRICS` with exams weighted, shape (resamples,) each."""
    error = prediction - truth
    both = np.stack([truth, prediction], axis=1)
    values = (
        ratio(weights @ np.abs(error), weights.sum(1)),
        *limits_of_agreement(error, weights),
        intraclass_correlation(both, weights),
        rank_correlation(truth, prediction, weights),
    )
    return dict(zip(EXAM_METRICS, values, strict=True))


def _measured_null(truth: FloatArray, given: FloatArray) -> dict[str, FloatArray]:
    """Measure scores of other patients, shape (permutations, exams); errors have no direction."""
    from scipy.stats import rankdata

    alike = np.ones(given.shape)
    both = np.stack(np.broadcast_arrays(truth, given), axis=-1)
    return {
        "mean_absolute_error": np.abs(given - truth).mean(1),
        "icc": intraclass_correlation(both, alike),
        "rank_correlation": correlation(rankdata(truth), rankdata(given, axis=1), alike),
    }


def intraclass_correlation(ratings: FloatArray, weights: FloatArray) -> FloatArray:
    """ICC(A,1): two-way, absolute agreement, single measure.

    With n exams, k raters and the mean squares of the two-way analysis of variance,
    (MSR - MSE) / (MSR + (k - 1) MSE + k / n (MSC - MSE)) (McGraw & Wong 1996, Psychol Methods
    1(1):30–46; ICC(2,1) of Shrout & Fleiss 1979, Psychol Bull 86(2):420–428). A rater who is off
    by a constant lowers it, unlike a correlation.

    `ratings` of shape (..., exams, raters) and `weights` of shape (..., exams) give (...): at most
    1; NaN with fewer than two exams or where all ratings are one and the same.
    """
    raters = ratings.shape[-1]
    centred = ratings - ratings.mean((-2, -1), keepdims=True)
    count = weights.sum(-1)
    share = ratio(weights, count[..., None])
    of_exam, of_rater = centred.mean(-1), (share[..., None] * centred).sum(-2)
    grand = of_rater.mean(-1)
    rows = raters * count * ((share * of_exam**2).sum(-1) - grand**2)
    columns = count * ((of_rater - grand[..., None]) ** 2).sum(-1)
    total = count * ((share * (centred**2).sum(-1)).sum(-1) - raters * grand**2)
    msr = ratio(rows, count - 1)
    msc = columns / (raters - 1)
    mse = ratio(total - rows - columns, (count - 1) * (raters - 1))
    noise = (raters - 1) * mse + ratio(raters * (msc - mse), count)
    # without the rounding that makes 0 a number of sixteen decimals and either sign
    return np.round(ratio(msr - mse, msr + noise), 12) + 0.0


def rank_correlation(first: FloatArray, second: FloatArray, weights: FloatArray) -> FloatArray:
    """Spearman's rank correlation in each resample, ties at their mean rank.

    NaN where either of them has a single value.
    """
    return correlation(_ranks(first, weights), _ranks(second, weights), weights)


def correlation(first: FloatArray, second: FloatArray, weights: FloatArray) -> FloatArray:
    """Pearson's correlation along the last axis; NaN where either has a single value."""
    share = ratio(weights, weights.sum(-1, keepdims=True))
    one, other = (each - (share * each).sum(-1, keepdims=True) for each in (first, second))
    spread = (share * one**2).sum(-1) * (share * other**2).sum(-1)
    return ratio((share * one * other).sum(-1), np.sqrt(np.maximum(spread, 0)))


def limits_of_agreement(
    differences: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean difference, and the limits between which about 95 % of the differences lie.

    Bias ± 1.96 standard deviations (n - 1) of the differences (Bland & Altman 1986, Lancet
    327(8476):307–310). `differences` of shape (exams,) and `weights` of shape (resamples, exams)
    give bias, low and high of shape (resamples,) each; the limits are NaN with fewer than two
    exams.
    """
    count = weights.sum(-1)
    bias = ratio(weights @ differences, count)
    squares = (weights * np.square(differences - bias[:, None])).sum(-1)
    reach = _LIMIT * np.sqrt(ratio(squares, count - 1))
    return bias, bias - reach, bias + reach


def _ranks(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Mean rank of each exam among the exams as often as they count, shape (resamples, exams)."""
    levels, place = np.unique(values, return_inverse=True)
    counts = weights @ np.eye(len(levels))[place]
    return (counts.cumsum(-1) - (counts - 1) / 2)[:, place]

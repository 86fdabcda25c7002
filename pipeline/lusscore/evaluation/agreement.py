"""Agreement of two ways of giving exams a global score, in every resample at once.

Weights say how often each exam counts; an exam of weight 2 counts as two exams alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.ratio import ratio

FloatArray = NDArray[np.float64]

_LIMIT = 1.96


def intraclass_correlation(ratings: FloatArray, weights: FloatArray) -> FloatArray:
    """ICC(A,1): two-way, absolute agreement, single measure.

    With n exams, k raters and the mean squares of the two-way analysis of variance,
    (MSR - MSE) / (MSR + (k - 1) MSE + k / n (MSC - MSE)) (McGraw & Wong 1996, Psychol Methods
    1(1):30–46; ICC(2,1) of Shrout & Fleiss 1979, Psychol Bull 86(2):420–428). A rater who is off
    by a constant lowers it, unlike a correlation.

    Parameters
    ----------
    ratings
        Shape (..., exams, raters).
    weights
        Shape (..., exams).

    Returns
    -------
    ndarray of float64, shape (...)
        At most 1; NaN with fewer than two exams or where all ratings are one and the same.
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
    """Spearman's rank correlation, ties at their mean rank.

    Parameters
    ----------
    first, second
        Shape (exams,).
    weights
        Shape (resamples, exams).

    Returns
    -------
    ndarray of float64, shape (resamples,)
        -1–1; NaN where either side has a single value.
    """
    return correlation(_ranks(first, weights), _ranks(second, weights), weights)


def correlation(first: FloatArray, second: FloatArray, weights: FloatArray) -> FloatArray:
    """Pearson's correlation along the last axis; NaN where either side has a single value."""
    share = ratio(weights, weights.sum(-1, keepdims=True))
    one, other = (each - (share * each).sum(-1, keepdims=True) for each in (first, second))
    spread = (share * one**2).sum(-1) * (share * other**2).sum(-1)
    return ratio((share * one * other).sum(-1), np.sqrt(np.maximum(spread, 0)))


def limits_of_agreement(
    differences: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean difference, and the limits between which about 95 % of the differences lie.

    Bias ± 1.96 standard deviations (n - 1) of the differences (Bland & Altman 1986, Lancet
    327(8476):307–310).

    Parameters
    ----------
    differences
        Shape (exams,).
    weights
        Shape (resamples, exams).

    Returns
    -------
    bias, low, high
        Shape (resamples,) each, in the unit of the differences; the limits are NaN with fewer
        than two exams.
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

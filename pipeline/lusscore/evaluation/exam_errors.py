"""How far global scores are from the truth, and how well they agree with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.agreement import (
    correlation,
    intraclass_correlation,
    limits_of_agreement,
    rank_correlation,
)
from lusscore.evaluation.chance import can_shuffle, shuffled_donors
from lusscore.evaluation.ratio import ratio
from lusscore.evaluation.resampling import interval

EXAM_METRICS = (
    "mean_absolute_error",
    "mean_error",
    "limit_low",
    "limit_high",
    "icc",
    "rank_correlation",
)

FloatArray = NDArray[np.float64]
Ends = tuple[float, float]


@dataclass(frozen=True)
class ExamErrors:
    """One model's global scores beside the true ones, each exam (and repeat) counting once.

    Attributes
    ----------
    exams
        Exams scored; with repeats, each repeat's.
    complete
        Of these, exams in which every zone of the protocol was scored.
    pooled
        Metric → value, NaN where undefined. In points: ``mean_absolute_error``; ``mean_error`` of
        prediction - truth, above 0 where the model scores too high, which is Bland and Altman's
        bias; ``limit_low`` and ``limit_high``, their limits of agreement. ``icc`` is ICC(A,1),
        ``rank_correlation`` Spearman's.
    interval
        Metric → bootstrap interval over patients; empty where all exams are of one patient.
    chance
        Metric → what holds 95 % of shuffles between patients; empty where none can be shuffled.
    """

    exams: int
    complete: int
    pooled: dict[str, float]
    interval: dict[str, Ends | None]
    chance: dict[str, Ends | None]


def exam_errors(
    exams: pd.DataFrame, patients: Sequence[str], draws: FloatArray, seed: int | None = 0
) -> ExamErrors:
    """Sum up one model's exams, at least one.

    Parameters
    ----------
    exams
        Rows of one model, as ``aggregation.global_scores`` gives them.
    patients
        All patients of the run, also those without an exam here.
    draws
        How often each of them is drawn, shape (resamples, patients).
    seed
        Of the shuffles, of which there are as many as resamples; None for no shuffles.
    """
    truth, prediction = (exams[name].to_numpy(np.float64) for name in ("truth", "prediction"))
    owner = pd.Index(patients).get_indexer(pd.Index(exams["patient"])).astype(np.int64)
    pooled = _measured(truth, prediction, np.ones((1, len(exams))))
    several = len(np.unique(owner)) > 1
    resampled = _measured(truth, prediction, draws[:, owner]) if several else {}
    fold = exams.groupby(["repeat", "fold"]).ngroup().to_numpy().astype(np.int64)
    return ExamErrors(
        exams=len(exams),
        complete=int((exams["zones_scored"] == exams["zones_of_protocol"]).sum()),
        pooled={metric: float(value[0]) for metric, value in pooled.items()},
        interval={metric: interval(values) for metric, values in resampled.items()},
        chance={} if seed is None else _chance(truth, prediction, owner, fold, len(draws), seed),
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


def _chance(
    truth: FloatArray,
    prediction: FloatArray,
    patient: NDArray[np.int64],
    fold: NDArray[np.int64],
    shuffles: int,
    seed: int,
) -> dict[str, Ends | None]:
    """Give every exam that of a patient of its fold, patients being permuted at random."""
    if not can_shuffle(patient, fold):
        return {}
    from scipy.stats import rankdata

    given = prediction[shuffled_donors(patient, fold, shuffles, seed)]
    both = np.stack(np.broadcast_arrays(truth, given), axis=-1)
    alike = np.ones(given.shape)
    ranks = correlation(rankdata(truth), rankdata(given, axis=1), alike)
    values = {
        "mean_absolute_error": np.abs(given - truth).mean(1),
        "icc": intraclass_correlation(both, alike),
        "rank_correlation": ranks,
    }
    return {metric: interval(each) for metric, each in values.items()}

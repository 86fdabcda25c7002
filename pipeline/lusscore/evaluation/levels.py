"""All models measured at one level: per fold, over folds, pooled and resampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.metrics import (
    BINS,
    CLASS_METRICS,
    METRICS,
    Interval,
    Metrics,
    Number,
    interval,
    measure,
    metric_interval,
    patient_bins,
    patient_confusions,
    ratio,
)
from lusscore.evaluation.permutation import permutation_null
from lusscore.evaluation.predictions import BASELINE, SCORES, HeldOut
from lusscore.records import Record

FloatArray = NDArray[np.float64]
Intervals = dict[str, Interval | None]
Confusion = tuple[tuple[int, ...], ...]


class ScoreRecord(Record):
    """How well one score is recognised; NaN for a score that the truth lacks."""

    score: int
    support: int
    predicted: int
    precision: Number
    recall: Number
    f1: Number
    auc: Number
    pr_auc: Number


class PooledScoreRecord(ScoreRecord):
    """The same of all folds together, with intervals of the metrics."""

    interval: Intervals


class BinRecord(Record):
    """The rows whose confidence lies in [`low`, `high`), the last bin including 1.

    `confidence` is their mean confidence, `accuracy` the share scored correctly, and `interval`
    its bootstrap interval over patients: None where all are of one patient, or under half of the
    resamples have any.
    """

    low: Number
    high: Number
    rows: int
    confidence: Number
    accuracy: Number
    interval: Interval | None


class FoldPlace(Record):
    """One fold of one repeat."""

    repeat: int
    fold: int


class AbsentRecord(FoldPlace):
    """Scores that the truth of a fold lacks."""

    scores: tuple[int, ...]


class _FoldRows(FoldPlace):
    rows: int


class FoldRecord(Metrics, _FoldRows):
    """One fold of a model at one level; `confusion` has the truth along its first axis."""

    per_class: tuple[ScoreRecord, ...]
    confusion: Confusion


class ModelRecord(Record):
    """One model at one level.

    `pooled` is of all held-out rows, with repeats of every repeat's; `interval` is empty where all
    rows are of a single patient. `chance` is what 95 % of permutations of patients give, per metric
    that has a chance level; empty for the baseline, and where no fold holds two patients. `mean`
    and `sd` (n - 1) are over the folds in which a metric is defined; folds share training patients,
    so that `sd` is no standard error of the mean.
    """

    rows: int
    pooled: Metrics
    interval: Intervals
    chance: Intervals
    mean: Metrics
    sd: Metrics
    per_class: tuple[PooledScoreRecord, ...]
    confusion: Confusion
    reliability: tuple[BinRecord, ...]
    folds: tuple[FoldRecord, ...]


@dataclass(frozen=True)
class Measured:
    """One model at one level, and its metrics in each resample; empty for a single patient."""

    record: ModelRecord
    resampled: Mapping[str, FloatArray]


def measure_level(
    scored: pd.DataFrame,
    models: Sequence[str],
    patients: Sequence[str],
    draws: FloatArray,
    seed: int = 0,
) -> dict[str, Measured]:
    """Measure `models` at one level; nothing where the level has no rows.

    `scored` is what ``aggregation.score_at`` gives; `patients` are all of the run, also those
    without rows at this level, and `draws`, shape (resamples, patients), how often each is drawn.
    There are as many permutations as resamples.
    """
    if scored.empty:
        return {}
    several = scored["patient"].nunique() > 1
    by_model = dict(iter(scored.groupby("model")))
    measured = {}
    for model in models:
        rows = HeldOut.of(by_model[model], patients)
        resampled = measure(rows, draws) if several else {}
        chance: Intervals = {}
        if model != BASELINE:
            chance = permutation_null(rows, _recordings(by_model[model]), len(draws), seed)
        bins = reliability(rows, draws if several else None)
        measured[model] = Measured(_record(rows, resampled, chance, bins), resampled)
    return measured


def _record(
    rows: HeldOut,
    resampled: Mapping[str, FloatArray],
    chance: Intervals,
    bins: tuple[BinRecord, ...],
) -> ModelRecord:
    pooled, per_class, confusion = _measure(rows)
    folds = []
    for (repeat, fold), part in zip(rows.folds, rows.by_fold(), strict=True):
        metrics, scores, counts = _measure(part)
        folds.append(
            FoldRecord(
                repeat=repeat,
                fold=fold,
                rows=len(part.truth),
                **dict(metrics),
                per_class=scores,
                confusion=counts,
            )
        )
    over_folds = pd.DataFrame(map(dict, folds))
    return ModelRecord(
        rows=len(rows.truth),
        pooled=pooled,
        interval=_intervals(pooled, {name: resampled[name] for name in METRICS if resampled}),
        chance=chance,
        mean=Metrics(**{name: float(over_folds[name].mean()) for name in METRICS}),
        sd=Metrics(**{name: float(over_folds[name].std()) for name in METRICS}),
        per_class=tuple(
            PooledScoreRecord(
                **dict(one),
                interval=_intervals(
                    one,
                    {name: resampled[name][:, one.score] for name in CLASS_METRICS if resampled},
                ),
            )
            for one in per_class
        ),
        confusion=confusion,
        reliability=bins,
        folds=tuple(folds),
    )


def _measure(rows: HeldOut) -> tuple[Metrics, tuple[ScoreRecord, ...], Confusion]:
    values = {name: each[0] for name, each in measure(rows).items()}
    confusion = patient_confusions(rows).sum(0).astype(int).tolist()
    per_class = [
        ScoreRecord(
            score=score,
            support=sum(confusion[score]),
            predicted=sum(row[score] for row in confusion),
            **{name: float(values[name][score]) for name in CLASS_METRICS},
        )
        for score in SCORES
    ]
    metrics = Metrics(**{name: float(values[name]) for name in METRICS})
    return metrics, tuple(per_class), tuple(map(tuple, confusion))


def _intervals(values: Record, resampled: Mapping[str, FloatArray]) -> Intervals:
    return {
        name: metric_interval(name, drawn, getattr(values, name))
        for name, drawn in resampled.items()
    }


def _recordings(scored: pd.DataFrame) -> NDArray[np.int64]:
    """Give each row the number of its recording; each zone stands alone.

    Numbers do not depend on the zone, so that what is known of zones changes nothing about frames
    and clips.
    """
    if "clip" not in scored:
        return np.arange(len(scored))
    keys = ["repeat", "patient", "exam", "clip"]
    return scored.groupby(keys).ngroup().to_numpy().astype(np.int64)


def reliability(held_out: HeldOut, draws: FloatArray | None) -> tuple[BinRecord, ...]:
    """Lay out the bins of confidence that hold rows; `draws` give intervals."""
    binned = patient_bins(held_out)
    count, confidence, right = binned.sum(1)
    shares = None if draws is None else ratio(draws @ binned[2], draws @ binned[0])
    return tuple(
        BinRecord(
            low=number / BINS,
            high=(number + 1) / BINS,
            rows=int(count[number]),
            confidence=float(confidence[number] / count[number]),
            accuracy=float(right[number] / count[number]),
            interval=interval(shares[:, number])
            if shares is not None and np.count_nonzero(binned[0, :, number]) > 1
            else None,
        )
        for number in np.flatnonzero(count).tolist()
    )


def absent_scores(measured: Mapping[str, Measured]) -> tuple[AbsentRecord, ...]:
    """List the folds whose truth lacks a score, which is so for every model alike."""
    found = []
    for fold in measured[BASELINE].record.folds if measured else ():
        scores = tuple(one.score for one in fold.per_class if not one.support)
        if scores:
            found.append(AbsentRecord(repeat=fold.repeat, fold=fold.fold, scores=scores))
    return tuple(found)

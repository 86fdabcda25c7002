"""All models measured at one level: per fold, over folds, pooled and resampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.metrics import CLASS_METRICS, METRICS
from lusscore.evaluation.permutation import permutation_null
from lusscore.evaluation.predictions import BASELINE, HeldOut
from lusscore.evaluation.resampling import (
    Bin,
    Interval,
    Metrics,
    Resampled,
    measure,
    metric_interval,
    reliability,
    resample,
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """One model at one level.

    `pooled` is of all held-out rows, with repeats of every repeat's; `folds` of each (repeat, fold)
    in `names`, which has so many `rows`. `resampled` is None where all rows are of a single
    patient. `chance` is what 95 % of permutations of patients give, per metric that has a chance
    level; empty for the baseline, and where no fold holds two patients.
    """

    pooled: Metrics
    folds: tuple[Metrics, ...]
    names: tuple[tuple[int, int], ...]
    rows: tuple[int, ...]
    resampled: Resampled | None
    chance: dict[str, Interval | None]
    reliability: tuple[Bin, ...]

    def over_folds(self, metric: str) -> FloatArray:
        """Return one metric of every fold, shape (folds,); NaN where undefined."""
        return np.array([getattr(fold, metric) for fold in self.folds])

    def mean(self, metric: str) -> float:
        """Return the mean over the folds in which the metric is defined; NaN if there is none."""
        values = self.over_folds(metric)
        defined = values[np.isfinite(values)]
        return float(defined.mean()) if len(defined) else float("nan")

    def spread(self, metric: str) -> float:
        """Return the standard deviation (n - 1) over the folds in which the metric is defined.

        NaN if there are fewer than two. Folds share training patients, so this is no standard
        error of the mean.
        """
        values = self.over_folds(metric)
        defined = values[np.isfinite(values)]
        return float(defined.std(ddof=1)) if len(defined) > 1 else float("nan")

    def intervals(self) -> dict[str, Interval | None]:
        """Return the bootstrap interval of every metric that is resampled, None where undefined."""
        if self.resampled is None:
            return {}
        overall = self.resampled.overall
        return {
            metric: metric_interval(metric, overall[metric], getattr(self.pooled, metric))
            for metric in METRICS
        }

    def class_intervals(self, score: int) -> dict[str, Interval | None]:
        """Return the same for the metrics of one score."""
        if self.resampled is None:
            return {}
        resampled = self.resampled.per_class
        return {
            metric: metric_interval(
                metric, resampled[metric][:, score], float(getattr(self.pooled, metric)[score])
            )
            for metric in CLASS_METRICS
        }


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
        folds = rows.by_fold()
        measured[model] = Measured(
            pooled=measure(rows),
            folds=tuple(measure(fold) for fold in folds),
            names=rows.folds,
            rows=tuple(len(fold.truth) for fold in folds),
            resampled=resample(rows, draws) if several else None,
            chance={}
            if model == BASELINE
            else permutation_null(rows, _recordings(by_model[model]), len(draws), seed),
            reliability=reliability(rows, draws if several else None),
        )
    return measured


def _recordings(scored: pd.DataFrame) -> NDArray[np.int64]:
    """Give each row the number of its recording; each zone stands alone.

    Numbers do not depend on the zone, so that what is known of zones changes nothing about frames
    and clips.
    """
    if "clip" not in scored:
        return np.arange(len(scored))
    keys = ["repeat", "patient", "exam", "clip"]
    return scored.groupby(keys).ngroup().to_numpy().astype(np.int64)


def undefined_scores(measured: Measured) -> list[tuple[int, int, list[int]]]:
    """List the folds whose truth lacks a score, which is so for every model alike.

    Each is (repeat, fold, scores it lacks).
    """
    absent = [
        (repeat, fold, np.flatnonzero(metrics.confusion.sum(1) == 0).tolist())
        for (repeat, fold), metrics in zip(measured.names, measured.folds, strict=True)
    ]
    return [entry for entry in absent if entry[2]]

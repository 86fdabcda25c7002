"""Selective prediction: the risk that is left when a person scores the least confident clips.

Describes held-out predictions. The confidence above which a model answers in use must be fixed on
training data; here it is whatever keeps the coverage asked for, so that no threshold is reported.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.metrics import Interval, Number, all_metrics, metric_interval, ratio
from lusscore.evaluation.predictions import SCORES, HeldOut
from lusscore.records import Record

COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.5)
COVERAGE_METRICS = ("accuracy", "mean_absolute_error", "quadratic_kappa")
CURVE = tuple(round(0.05 * step, 2) for step in range(2, 21))
_RESAMPLES_AT_ONCE = 100

FloatArray = NDArray[np.float64]


class Covered(Record):
    """One model on the share of its rows of highest confidence.

    `rows` need not be whole, since rows of equal confidence are kept in equal part. `kept` is the
    share kept of each true score 0–3, NaN for a score the truth lacks. `pooled` and `interval`,
    over patients, are by metric; without resamples there are no intervals.
    """

    coverage: Number
    rows: Number
    kept: tuple[Number, ...]
    pooled: dict[str, Number]
    interval: dict[str, Interval | None]


def risk_by_coverage(
    scored: pd.DataFrame, models: Sequence[str], patients: Sequence[str], draws: FloatArray
) -> dict[str, tuple[tuple[Covered, ...], tuple[Covered, ...]]]:
    """Measure every model at `COVERAGES`, with intervals, and at the steps of `CURVE`, without.

    `scored` has clips as ``aggregation.score_at`` gives them; `draws`, shape (resamples,
    patients), say how often each of all `patients` of the run is drawn.
    """
    several = scored["patient"].nunique() > 1
    by_model = dict(iter(scored.groupby("model")))
    measured = {}
    for model in models:
        rows = HeldOut.of(by_model[model], patients)
        shares = selective_risk(rows, COVERAGES, draws if several else None)
        measured[model] = shares, selective_risk(rows, CURVE)
    return measured


def selective_risk(
    rows: HeldOut, coverages: Sequence[float], draws: FloatArray | None = None
) -> tuple[Covered, ...]:
    """Measure a model on its rows of highest confidence, at each share of `coverages`.

    Rows are ordered by the probability given to the predicted score, all folds together. A
    resample of patients keeps the same share of its own rows, so that the interval allows for how
    well the order holds in other patients (El-Yaniv & Wiener 2010, J Mach Learn Res 11:1605–1641,
    define risk and coverage). Without `draws`, shape (resamples, patients), there are no intervals.
    """
    _, level = np.unique(-rows.confidence.round(9), return_inverse=True)
    order = np.argsort(level, kind="stable")
    levels = np.flatnonzero(np.diff(level[order], prepend=-1))
    cells = np.eye(len(SCORES) ** 2)[(rows.truth * len(SCORES) + rows.prediction)[order]]
    patient = rows.patient[order]

    def confusions(weights: FloatArray) -> FloatArray:
        kept = [_kept(weights[:, patient], levels, share) @ cells for share in coverages]
        return np.stack(kept).reshape(len(coverages), -1, len(SCORES), len(SCORES))

    pooled = confusions(np.ones((1, len(rows.patients))))[:, 0]
    values = _rounded(pooled)
    draws = np.empty((0, len(rows.patients))) if draws is None else draws
    everyone = np.bincount(rows.truth, minlength=len(SCORES))
    parts = [
        _rounded(confusions(draws[start : start + _RESAMPLES_AT_ONCE]))
        for start in range(0, len(draws), _RESAMPLES_AT_ONCE)
    ]
    found = []
    for place, share in enumerate(coverages):
        own = {metric: float(values[metric][place]) for metric in COVERAGE_METRICS}
        intervals = {
            metric: metric_interval(
                metric, np.concatenate([one[metric][place] for one in parts]), value
            )
            for metric, value in own.items()
            if parts
        }
        found.append(
            Covered(
                coverage=share,
                rows=float(pooled[place].sum()),
                kept=tuple(ratio(pooled[place].sum(1), everyone).tolist()),
                pooled=own,
                interval=intervals,
            )
        )
    return tuple(found)


def _rounded(confusions: FloatArray) -> dict[str, FloatArray]:
    """Compute metrics without the rounding of parts of rows, which makes a kappa of 0 not quite."""
    metrics = all_metrics(confusions)
    return {metric: metrics[metric].round(12) + 0.0 for metric in COVERAGE_METRICS}


def _kept(weights: FloatArray, levels: NDArray[np.int64], share: float) -> FloatArray:
    """Weigh rows, most confident first, so that `share` of the weight is kept; ties in equal part.

    `weights` is of shape (resamples, rows); `levels` are the rows at which confidence falls.
    """
    of_level = np.add.reduceat(weights, levels, axis=1)
    before = np.cumsum(of_level, axis=1) - of_level
    wanted = share * weights.sum(1, keepdims=True)
    part = np.clip(np.nan_to_num(ratio(wanted - before, of_level)), 0, 1)
    sizes = np.diff(levels, append=weights.shape[1])
    return np.asarray(weights * np.repeat(part, sizes, axis=1))

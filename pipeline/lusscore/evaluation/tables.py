"""``tables/*.csv``: the numbers of ``metrics.json`` laid out for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from lusscore.evaluation.comparison import Difference, McNemar
from lusscore.evaluation.exam_errors import EXAM_METRICS, ExamErrors
from lusscore.evaluation.levels import Measured
from lusscore.evaluation.metrics import CLASS_METRICS, METRICS
from lusscore.evaluation.predictions import SCORES
from lusscore.evaluation.resampling import Interval
from lusscore.evaluation.selective_risk import COVERAGE_METRICS, Covered

Levels = Mapping[str, Mapping[str, Measured]]
_EXAM_COLUMNS = ["model", "metric", "pooled", "low", "high", "chance_low", "chance_high"]


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a CSV file with six significant digits; an undefined number is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n", encoding="utf-8")


def _ends(ends: Interval | None, prefix: str = "") -> dict[str, float | None]:
    low, high = ends or (None, None)
    return {f"{prefix}low": low, f"{prefix}high": high}


def _each(levels: Levels) -> Iterator[tuple[dict[str, Any], Measured]]:
    """Yield the first cells of a row, and what was measured."""
    for level, models in levels.items():
        for model, measured in models.items():
            yield {"level": level, "model": model}, measured


def metrics_table(levels: Levels) -> pd.DataFrame:
    """One row per level, model and metric: over folds, pooled, interval and chance level."""
    rows = []
    for first, measured in _each(levels):
        intervals = measured.intervals()
        for metric in METRICS:
            values = {
                "metric": metric,
                "mean": measured.mean(metric),
                "sd": measured.spread(metric),
                "pooled": getattr(measured.pooled, metric),
            }
            ends = _ends(intervals.get(metric)) | _ends(measured.chance.get(metric), "chance_")
            rows.append(first | values | ends)
    return pd.DataFrame(rows)


def fold_table(levels: Levels) -> pd.DataFrame:
    """One row per level, model and fold with every metric."""
    return pd.DataFrame(
        first
        | {"repeat": repeat, "fold": fold, "rows": count}
        | {metric: getattr(metrics, metric) for metric in METRICS}
        for first, measured in _each(levels)
        for (repeat, fold), count, metrics in zip(
            measured.names, measured.rows, measured.folds, strict=True
        )
    )


def class_table(levels: Levels) -> pd.DataFrame:
    """One row per level, model and score: pooled metrics, their intervals and confusion row."""
    rows = []
    for first, measured in _each(levels):
        pooled = measured.pooled
        for score in SCORES:
            counts = pooled.confusion[score].tolist()
            row = first | {"score": score, "support": sum(counts)}
            intervals = measured.class_intervals(score)
            for metric in CLASS_METRICS:
                row[metric] = getattr(pooled, metric)[score]
                row |= _ends(intervals.get(metric), f"{metric}_")
            rows.append(row | {f"predicted_{k}": count for k, count in enumerate(counts)})
    return pd.DataFrame(rows)


def reliability_table(levels: Levels) -> pd.DataFrame:
    """One row per level, model and bin of confidence that holds rows."""
    rows = []
    for first, measured in _each(levels):
        for each in measured.reliability:
            values = {
                "from": each.low,
                "to": each.high,
                "rows": each.rows,
                "confidence": each.confidence,
                "accuracy": each.accuracy,
            }
            rows.append(first | values | _ends(each.interval))
    return pd.DataFrame(rows)


def exam_table(models: Mapping[str, ExamErrors]) -> pd.DataFrame:
    """One row per model and metric of the global score; its header alone without exams."""
    rows = [
        {"model": model, "metric": metric, "pooled": errors.pooled[metric]}
        | _ends(errors.interval.get(metric))
        | _ends(errors.chance.get(metric), "chance_")
        for model, errors in models.items()
        for metric in EXAM_METRICS
    ]
    return pd.DataFrame(rows, columns=_EXAM_COLUMNS)


def comparison_table(comparisons: Mapping[str, Sequence[Difference]]) -> pd.DataFrame:
    """One row per level, pair and metric."""
    rows = []
    for level, differences in comparisons.items():
        for difference in differences:
            row = {"level": level} | asdict(difference)
            ends = row.pop("interval")
            rows.append(row | _ends(ends))
    return pd.DataFrame(rows)


def mcnemar_table(level: str, tests: Sequence[McNemar]) -> pd.DataFrame:
    """One row per pair."""
    return pd.DataFrame({"level": level} | asdict(test) for test in tests)


def coverage_table(models: Mapping[str, tuple[Sequence[Covered], ...]]) -> pd.DataFrame:
    """One row per model and share of its clips; intervals stand for the shares that have them."""
    rows = []
    for model, parts in models.items():
        whole = {each.coverage: each for part in reversed(parts) for each in part}
        for share in sorted(whole, reverse=True):
            each = whole[share]
            row: dict[str, Any] = {"model": model, "coverage": share, "rows": each.rows}
            for metric in COVERAGE_METRICS:
                row[metric] = each.pooled[metric]
                row |= _ends(each.interval.get(metric), f"{metric}_")
            rows.append(row | {f"kept_{score}": each.kept[score] for score in SCORES})
    return pd.DataFrame(rows)

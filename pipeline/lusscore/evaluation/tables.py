"""``tables/*.csv``: the numbers of ``metrics.json`` laid out for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lusscore.evaluation.comparison import Difference
from lusscore.evaluation.exam_errors import EXAM_METRICS, ExamErrors
from lusscore.evaluation.levels import ModelRecord
from lusscore.evaluation.metrics import CLASS_METRICS, METRICS
from lusscore.evaluation.metrics_json import McNemarRecord
from lusscore.evaluation.resampling import Interval
from lusscore.evaluation.selective_risk import COVERAGE_METRICS, Covered

Levels = Mapping[str, Mapping[str, ModelRecord]]
_EXAM_COLUMNS = ["model", "metric", "pooled", "low", "high", "chance_low", "chance_high"]


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a CSV file with six significant digits; an undefined number is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n", encoding="utf-8")


def _ends(ends: Interval | None, prefix: str = "") -> dict[str, float | None]:
    low, high = ends or (None, None)
    return {f"{prefix}low": low, f"{prefix}high": high}


def _each(levels: Levels) -> Iterator[tuple[dict[str, Any], ModelRecord]]:
    """Yield the first cells of a row, and what was measured."""
    for level, models in levels.items():
        for model, record in models.items():
            yield {"level": level, "model": model}, record


def metrics_table(levels: Levels) -> pd.DataFrame:
    """One row per level, model and metric: over folds, pooled, interval and chance level."""
    return pd.DataFrame(
        first
        | {"metric": metric}
        | {part: getattr(getattr(record, part), metric) for part in ("mean", "sd", "pooled")}
        | _ends(record.interval.get(metric))
        | _ends(record.chance.get(metric), "chance_")
        for first, record in _each(levels)
        for metric in METRICS
    )


def fold_table(levels: Levels) -> pd.DataFrame:
    """One row per level, model and fold with every metric."""
    return pd.DataFrame(
        first | fold.model_dump(exclude={"per_class", "confusion"})
        for first, record in _each(levels)
        for fold in record.folds
    )


def class_table(levels: Levels) -> pd.DataFrame:
    """One row per level, model and score: pooled metrics, their intervals and confusion row."""
    rows = []
    for first, record in _each(levels):
        for one, counts in zip(record.per_class, record.confusion, strict=True):
            row = first | {"score": one.score, "support": one.support}
            for metric in CLASS_METRICS:
                row[metric] = getattr(one, metric)
                row |= _ends(one.interval.get(metric), f"{metric}_")
            rows.append(row | {f"predicted_{k}": count for k, count in enumerate(counts)})
    return pd.DataFrame(rows)


def reliability_table(levels: Levels) -> pd.DataFrame:
    """One row per level, model and bin of confidence that holds rows."""
    return pd.DataFrame(
        first
        | {"from": each.low, "to": each.high}
        | each.model_dump(include={"rows", "confidence", "accuracy"})
        | _ends(each.interval)
        for first, record in _each(levels)
        for each in record.reliability
    )


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
    return pd.DataFrame(
        {"level": level} | each.model_dump(exclude={"interval"}) | _ends(each.interval)
        for level, differences in comparisons.items()
        for each in differences
    )


def mcnemar_table(tests: McNemarRecord) -> pd.DataFrame:
    """One row per pair."""
    return pd.DataFrame({"level": tests.level} | dict(test) for test in tests.pairs)


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
            rows.append(row | {f"kept_{score}": part for score, part in enumerate(each.kept)})
    return pd.DataFrame(rows)

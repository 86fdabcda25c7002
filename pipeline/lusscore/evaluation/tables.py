"""``tables/*.csv``: the numbers of ``metrics.json`` laid out for spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from lusscore.evaluation.abstention import COVERAGE_METRICS, Covered
from lusscore.evaluation.comparison import Difference
from lusscore.evaluation.exam_errors import EXAM_METRICS, ExamErrors
from lusscore.evaluation.levels import Measured
from lusscore.evaluation.mcnemar import McNemar
from lusscore.evaluation.metrics import CLASS_METRICS, METRICS
from lusscore.evaluation.predictions import SCORES
from lusscore.evaluation.rule_ablation import RULE_METRICS, ByRule

_EXAM_COLUMNS = ["model", "metric", "pooled", "low", "high", "chance_low", "chance_high"]


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a CSV file with six significant digits; an undefined number is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n", encoding="utf-8")


def metrics_table(levels: Mapping[str, Mapping[str, Measured]]) -> pd.DataFrame:
    """One row per level, model and metric: over folds, pooled, interval and chance band."""
    rows = []
    for level, models in levels.items():
        for model, measured in models.items():
            intervals = measured.intervals()
            for metric in METRICS:
                low, high = intervals.get(metric) or (None, None)
                chance_low, chance_high = measured.chance.get(metric) or (None, None)
                rows.append(
                    {
                        "level": level,
                        "model": model,
                        "metric": metric,
                        "mean": measured.mean(metric),
                        "sd": measured.spread(metric),
                        "pooled": getattr(measured.pooled, metric),
                        "low": low,
                        "high": high,
                        "chance_low": chance_low,
                        "chance_high": chance_high,
                    }
                )
    return pd.DataFrame(rows)


def exam_table(models: Mapping[str, ExamErrors]) -> pd.DataFrame:
    """One row per model and metric of the global score; its header alone without exams."""
    rows = []
    for model, errors in models.items():
        for metric in EXAM_METRICS:
            low, high = errors.interval.get(metric) or (None, None)
            chance_low, chance_high = errors.chance.get(metric) or (None, None)
            rows.append((model, metric, errors.pooled[metric], low, high, chance_low, chance_high))
    return pd.DataFrame(rows, columns=_EXAM_COLUMNS)


def reliability_table(levels: Mapping[str, Mapping[str, Measured]]) -> pd.DataFrame:
    """One row per level, model and bin of confidence that holds rows."""
    rows = []
    for level, models in levels.items():
        for model, measured in models.items():
            for each in measured.reliability:
                low, high = each.interval or (None, None)
                rows.append(
                    {
                        "level": level,
                        "model": model,
                        "from": each.low,
                        "to": each.high,
                        "rows": each.rows,
                        "confidence": each.confidence,
                        "accuracy": each.accuracy,
                        "low": low,
                        "high": high,
                    }
                )
    return pd.DataFrame(rows)


def mcnemar_table(level: str, tests: Sequence[McNemar]) -> pd.DataFrame:
    """One row per pair."""
    return pd.DataFrame([{"level": level} | asdict(test) for test in tests])


def fold_table(levels: Mapping[str, Mapping[str, Measured]]) -> pd.DataFrame:
    """One row per level, model and fold with every metric."""
    rows = [
        {"level": level, "model": model, "repeat": repeat, "fold": fold, "rows": count}
        | {metric: getattr(metrics, metric) for metric in METRICS}
        for level, models in levels.items()
        for model, measured in models.items()
        for (repeat, fold), count, metrics in zip(
            measured.names, measured.rows, measured.folds, strict=True
        )
    ]
    return pd.DataFrame(rows)


def class_table(levels: Mapping[str, Mapping[str, Measured]]) -> pd.DataFrame:
    """One row per level, model and score: pooled metrics, their intervals and confusion row."""
    rows = []
    for level, models in levels.items():
        for model, measured in models.items():
            pooled = measured.pooled
            for score in SCORES:
                support = int(pooled.confusion[score].sum())
                row = {"level": level, "model": model, "score": score, "support": support}
                intervals = measured.class_intervals(score)
                for metric in CLASS_METRICS:
                    low, high = intervals.get(metric) or (None, None)
                    row |= {metric: getattr(pooled, metric)[score]}
                    row |= {f"{metric}_low": low, f"{metric}_high": high}
                rows.append(
                    row | {f"predicted_{k}": int(pooled.confusion[score, k]) for k in SCORES}
                )
    return pd.DataFrame(rows)


def comparison_table(comparisons: Mapping[str, Sequence[Difference]]) -> pd.DataFrame:
    """One row per level, pair and metric."""
    rows = []
    for level, differences in comparisons.items():
        for difference in differences:
            row = {"level": level} | asdict(difference)
            low, high = row.pop("interval") or (None, None)
            rows.append(row | {"low": low, "high": high})
    return pd.DataFrame(rows)


def rules_table(rows: Sequence[ByRule]) -> pd.DataFrame:
    """One row per model, rule and metric of clips."""
    return pd.DataFrame(
        {
            "model": row.model,
            "rule": row.rule,
            "metric": metric,
            "pooled": row.pooled[metric],
            "low": (row.interval.get(metric) or (None, None))[0],
            "high": (row.interval.get(metric) or (None, None))[1],
        }
        for row in rows
        for metric in RULE_METRICS
    )


def coverage_table(models: Mapping[str, tuple[Sequence[Covered], ...]]) -> pd.DataFrame:
    """One row per model and share of its clips; intervals stand for the shares that have them."""
    rows = []
    for model, parts in models.items():
        whole = {each.coverage: each for part in reversed(parts) for each in part}
        for share in sorted(whole, reverse=True):
            each = whole[share]
            row = {"model": model, "coverage": share, "rows": each.rows}
            for metric in COVERAGE_METRICS:
                low, high = each.interval.get(metric) or (None, None)
                row |= {metric: each.pooled[metric], f"{metric}_low": low, f"{metric}_high": high}
            rows.append(row | {f"kept_{score}": each.kept[score] for score in SCORES})
    return pd.DataFrame(rows)

"""``metrics.json``: every number of a run in one documented layout (docs/report.md)."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from lusscore.errors import RunError
from lusscore.evaluation.aggregation import Rules
from lusscore.evaluation.levels import Measured
from lusscore.evaluation.metrics import CLASS_METRICS, METRICS
from lusscore.evaluation.predictions import SCORES
from lusscore.evaluation.resampling import Metrics
from lusscore.records import Document, Record, parse_json, validate

METRICS_NAME = "metrics.json"
SCHEMA = 4
_DIGITS = 6

_Value = float | None
_Ends = tuple[_Value, _Value] | None
_Values = dict[str, _Value]
_Intervals = dict[str, _Ends]
_Confusion = tuple[tuple[int, ...], ...]


class ScoreRecord(Record):
    """How well one score is recognised; folds have no intervals."""

    score: int
    support: int
    predicted: int
    precision: _Value
    recall: _Value
    f1: _Value
    auc: _Value
    pr_auc: _Value
    interval: _Intervals = Field(default_factory=dict)


class BinRecord(Record):
    """Rows of one range of confidence."""

    low: float
    high: float
    rows: int
    confidence: _Value
    accuracy: _Value
    interval: _Ends


class FoldRecord(Record):
    """One fold of a model at one level."""

    repeat: int
    fold: int
    rows: int
    accuracy: _Value
    balanced_accuracy: _Value
    macro_precision: _Value
    macro_recall: _Value
    macro_f1: _Value
    macro_auc: _Value
    macro_pr_auc: _Value
    quadratic_kappa: _Value
    mean_absolute_error: _Value
    within_one: _Value
    brier: _Value
    calibration_error: _Value
    per_class: tuple[ScoreRecord, ...]
    confusion: _Confusion


class ModelRecord(Record):
    """One model at one level."""

    rows: int
    pooled: _Values
    interval: _Intervals
    chance: _Intervals
    mean: _Values
    sd: _Values
    per_class: tuple[ScoreRecord, ...]
    confusion: _Confusion
    reliability: tuple[BinRecord, ...]
    folds: tuple[FoldRecord, ...]


class BootstrapRecord(Record):
    """Resamples of patients, and as many permutations."""

    resamples: int
    seed: int
    confidence: float


class RulesRecord(Record):
    """By which rule a level was scored."""

    default: str
    chosen_in_folds: bool
    folds: dict[str, dict[str, int]]


class AbsentRecord(Record):
    """Scores that the truth of a fold lacks."""

    repeat: int
    fold: int
    scores: tuple[int, ...]


class ExamsRecord(Record):
    """Global scores of one model beside the true ones."""

    exams: int
    complete: int
    pooled: _Values
    interval: _Intervals
    chance: _Intervals


class DifferenceRecord(Record):
    """Two models compared by one metric."""

    a: str
    b: str
    metric: str
    pooled: _Value
    interval: _Ends
    p: _Value
    over_folds: _Value
    t: _Value
    degrees: int
    fold_p: _Value
    p_holm: _Value
    fold_p_holm: _Value


class PairRecord(Record):
    """McNemar's test of two models."""

    a: str
    b: str
    rows: int
    only_a: int
    only_b: int
    p: _Value
    p_holm: _Value


class McNemarRecord(Record):
    """All such tests, of the rows of one level."""

    level: str
    pairs: tuple[PairRecord, ...]


class CoveredRecord(Record):
    """One model on the share of its clips of highest confidence."""

    coverage: float
    rows: float
    kept: tuple[_Value, ...]
    pooled: _Values
    interval: _Intervals


class CoverageRecord(Record):
    """A few such shares, and the curve between them."""

    shares: tuple[CoveredRecord, ...]
    curve: tuple[_Values, ...]


class MetricsRecord(Document):
    """The whole file; docs/report.md explains each key."""

    SCHEMA = SCHEMA
    RENEW = "run 'lusscore cv' again"
    label_level: str
    bootstrap: BootstrapRecord
    models: tuple[str, ...]
    baseline: str
    rules: dict[str, RulesRecord]
    levels: dict[str, dict[str, ModelRecord]]
    absent_scores: dict[str, tuple[AbsentRecord, ...]]
    exams: dict[str, ExamsRecord]
    comparison: dict[str, tuple[DifferenceRecord, ...]]
    mcnemar: McNemarRecord
    coverage: dict[str, CoverageRecord]


def level_entry(measured: Measured) -> dict[str, Any]:
    """Lay out one model at one level."""
    return {
        "rows": int(measured.pooled.confusion.sum()),
        "pooled": _macro(measured.pooled),
        "interval": measured.intervals(),
        "chance": measured.chance,
        "mean": {metric: measured.mean(metric) for metric in METRICS},
        "sd": {metric: measured.spread(metric) for metric in METRICS},
        "per_class": [
            entry | {"interval": measured.class_intervals(entry["score"])}
            for entry in _per_class(measured.pooled)
        ],
        "confusion": measured.pooled.confusion.tolist(),
        "reliability": [asdict(each) for each in measured.reliability],
        "folds": [
            {"repeat": repeat, "fold": fold, "rows": rows}
            | _macro(metrics)
            | {"per_class": _per_class(metrics), "confusion": metrics.confusion.tolist()}
            for (repeat, fold), rows, metrics in zip(
                measured.names, measured.rows, measured.folds, strict=True
            )
        ],
    }


def read_metrics(folder: Path) -> Mapping[str, Any]:
    """Read the ``metrics.json`` of a run, as plain JSON values that are what a run has.

    Raises
    ------
    RunError
        If it is missing, is not JSON, has another schema than this version writes, or anything
        in it is not what :class:`MetricsRecord` has.
    """
    path = folder / METRICS_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise RunError(
            f"it lacks {METRICS_NAME}, from which the report is made; expected the folder of a "
            "finished run",
            path=folder,
            advice=MetricsRecord.RENEW,
        ) from None
    record = parse_json(data, MetricsRecord, RunError, advice=MetricsRecord.RENEW, path=path)
    return record.model_dump(mode="json", exclude_unset=True)


def supported_level(metrics: Mapping[str, Any]) -> str:
    """Name the level that sums a run up: that of its labels, but clips where no zone is known.

    `metrics` is what ``metrics.json`` holds.
    """
    level: str = metrics["label_level"]
    return level if metrics["levels"][level] else "clip"


def rules_entry(rules: Rules, models: Sequence[str], scored: pd.DataFrame) -> dict[str, Any]:
    """Lay out by which rule a level was scored: the run's own, and what folds chose instead.

    `scored` has the repeats and folds of each model.
    """
    folds = scored[["model", "repeat", "fold"]].drop_duplicates()
    counts = {model: Counter[str]() for model in models}
    for key in folds[folds["model"].isin(models)].itertuples(index=False, name=None):
        counts[key[0]][rules.of(*key).name] += 1
    return {
        "default": rules.default.name,
        "chosen_in_folds": bool(rules.overrides),
        "folds": {
            model: dict(sorted(own.items(), key=lambda each: (-each[1], each[0])))
            for model, own in counts.items()
        },
    }


def write_metrics(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON with sorted-as-given keys, six decimals and null for what is undefined."""
    document = {"schema": SCHEMA} | _plain(content)
    validate(document, MetricsRecord, RunError)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _macro(metrics: Metrics) -> dict[str, float]:
    return {metric: getattr(metrics, metric) for metric in METRICS}


def _per_class(metrics: Metrics) -> list[dict[str, Any]]:
    return [
        {
            "score": score,
            "support": int(metrics.confusion[score].sum()),
            "predicted": int(metrics.confusion[:, score].sum()),
        }
        | {metric: float(getattr(metrics, metric)[score]) for metric in CLASS_METRICS}
        for score in SCORES
    ]


def _plain(value: Any) -> Any:
    """Round numbers and turn what JSON cannot say (NaN, infinity, tuples) into what it can."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return round(value, _DIGITS) if math.isfinite(value) else None
    return value

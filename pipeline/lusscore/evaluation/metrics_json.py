"""``metrics.json``: every number of a run in one documented layout (docs/report.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lusscore.errors import RunError
from lusscore.evaluation.aggregation import Rules
from lusscore.evaluation.comparison import Difference, McNemar
from lusscore.evaluation.exam_errors import ExamErrors
from lusscore.evaluation.levels import AbsentRecord, ModelRecord
from lusscore.evaluation.metrics import Number
from lusscore.evaluation.selective_risk import Covered
from lusscore.records import Document, Record, parse_json

METRICS_NAME = "metrics.json"
SCHEMA = 4


class BootstrapRecord(Record):
    """Resamples of patients, and as many permutations."""

    resamples: int
    seed: int
    confidence: Number


class RulesRecord(Record):
    """By which rule a level was scored: the run's own, and what folds chose instead."""

    default: str
    chosen_in_folds: bool
    folds: dict[str, dict[str, int]]


class McNemarRecord(Record):
    """McNemar's tests of the rows of one level."""

    level: str
    pairs: tuple[McNemar, ...]


class CoverageRecord(Record):
    """One model on a few shares of its clips, and on the curve between them."""

    shares: tuple[Covered, ...]
    curve: tuple[dict[str, Number], ...]


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
    exams: dict[str, ExamErrors]
    comparison: dict[str, tuple[Difference, ...]]
    mcnemar: McNemarRecord
    coverage: dict[str, CoverageRecord]


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
    return record.model_dump(mode="json")


def supported_level(metrics: Mapping[str, Any]) -> str:
    """Name the level that sums a run up: that of its labels, but clips where no zone is known.

    `metrics` is what ``metrics.json`` holds.
    """
    level: str = metrics["label_level"]
    return level if metrics["levels"][level] else "clip"


def rules_record(rules: Rules, models: Sequence[str], scored: pd.DataFrame) -> RulesRecord:
    """Count by which rules a level was scored; `scored` has the repeats and folds of each model."""
    folds = scored[["model", "repeat", "fold"]].drop_duplicates()
    counts = {model: Counter[str]() for model in models}
    for key in folds[folds["model"].isin(models)].itertuples(index=False, name=None):
        counts[key[0]][rules.of(*key).name] += 1
    return RulesRecord(
        default=rules.default.name,
        chosen_in_folds=bool(rules.overrides),
        folds={
            model: dict(sorted(own.items(), key=lambda each: (-each[1], each[0])))
            for model, own in counts.items()
        },
    )

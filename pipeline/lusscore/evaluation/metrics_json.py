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

from lusscore.errors import RunError
from lusscore.evaluation.abstention import Covered
from lusscore.evaluation.comparison import Difference
from lusscore.evaluation.exam_errors import ExamErrors
from lusscore.evaluation.levels import Measured
from lusscore.evaluation.mcnemar import McNemar
from lusscore.evaluation.metrics import CLASS_METRICS, METRICS, Metrics
from lusscore.evaluation.predictions import SCORES
from lusscore.evaluation.rules.chosen_rules import Rules

METRICS_NAME = "metrics.json"
SCHEMA = 3
_DIGITS = 6


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
    """Read the ``metrics.json`` of a run.

    Raises
    ------
    RunError
        If it is missing, is not JSON, or has another schema than this version writes.
    """
    path = folder / METRICS_NAME
    again = "run 'lusscore cv' again"
    try:
        metrics: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(
            f"it lacks {METRICS_NAME}, from which the report is made; expected the folder of a "
            "finished run",
            path=folder,
            advice=again,
        ) from None
    except ValueError as error:
        raise RunError(f"this is not JSON ({error})", path=path, advice=again) from None
    if metrics.get("schema") != SCHEMA:
        raise RunError(
            f"it has schema {metrics.get('schema')!r}; expected {SCHEMA}, which this version of "
            "lusscore writes",
            path=path,
            advice=again,
        )
    return metrics


def supported_level(metrics: Mapping[str, Any]) -> str:
    """Name the level that sums a run up: that of its labels, but clips where no zone is known.

    `metrics` is what ``metrics.json`` holds.
    """
    level: str = metrics["label_level"]
    return level if metrics["levels"][level] else "clip"


def exam_entry(errors: ExamErrors) -> dict[str, Any]:
    """Lay out one model's global scores beside the true ones."""
    return asdict(errors)


def comparison_entry(differences: Sequence[Difference]) -> list[dict[str, Any]]:
    """Lay out the compared pairs of one level."""
    return [asdict(difference) for difference in differences]


def mcnemar_entry(level: str, tests: Sequence[McNemar]) -> dict[str, Any]:
    """Lay out McNemar's tests and the level of the rows they are of."""
    return {"level": level, "pairs": [asdict(test) for test in tests]}


def rules_entry(rules: Rules, models: Sequence[str], scored: pd.DataFrame) -> dict[str, Any]:
    """Lay out by which rule a level was scored: the run's own, and what folds chose instead.

    `scored` has the repeats and folds of each model.
    """
    folds = scored[["model", "repeat", "fold"]].drop_duplicates()
    used = {
        model: Counter(
            rules.of(*key).name
            for key in folds[folds["model"] == model].itertuples(index=False, name=None)
        )
        for model in models
    }
    return {
        "default": rules.default.name,
        "chosen_in_folds": bool(rules.overrides),
        "folds": {
            model: dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
            for model, counts in used.items()
        },
    }


def coverage_entry(shares: Sequence[Covered], curve: Sequence[Covered]) -> dict[str, Any]:
    """Lay out one model's risk at chosen coverages, and the curve between them."""
    return {
        "shares": [asdict(each) for each in shares],
        "curve": [{"coverage": each.coverage} | each.pooled for each in curve],
    }


def write_metrics(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON with sorted-as-given keys, six decimals and null for what is undefined."""
    text = json.dumps({"schema": SCHEMA} | _plain(content), indent=1, ensure_ascii=False)
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

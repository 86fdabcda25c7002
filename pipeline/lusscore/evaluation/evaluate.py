"""From ``predictions.csv`` to ``metrics.json`` and every table of a run (docs/report.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lusscore.cohort import get_protocol
from lusscore.errors import RunError
from lusscore.evaluation.aggregation import (
    LEVELS,
    Rules,
    global_scores,
    read_rules,
    score_at,
    zone_accuracy,
)
from lusscore.evaluation.comparison import Difference, McNemar, compare_pairs, mcnemar_pairs
from lusscore.evaluation.exam_errors import EXAM_METRICS, ExamErrors, exam_errors
from lusscore.evaluation.levels import AbsentRecord, ModelRecord, absent_scores, measure_level
from lusscore.evaluation.metrics import (
    CLASS_METRICS,
    CONFIDENCE,
    METRICS,
    Interval,
    Number,
    draw_patients,
)
from lusscore.evaluation.predictions import (
    BASELINE,
    PREDICTIONS_NAME,
    PROBABILITIES,
    SCORES,
    read_predictions,
)
from lusscore.evaluation.run_config import RunConfig, read_config
from lusscore.evaluation.selective_risk import COVERAGE_METRICS, Covered, risk_by_coverage
from lusscore.records import Document, Record, parse_json, to_json

METRICS_NAME = "metrics.json"
SCHEMA = 4
_EXAM_COLUMNS = ["model", "metric", "pooled", "low", "high", "chance_low", "chance_high"]
_ROC_COLUMNS = ["model", "repeat", "fold", "score", "false_positive_rate", "true_positive_rate"]
_GRID = np.linspace(0, 1, 101)


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


def evaluate_run(folder: Path, *, resamples: int = 1000, seed: int = 0) -> None:
    """Evaluate a run from its held-out predictions.

    Reads ``config.toml``, ``predictions.csv`` and, where nested selection has selected rules,
    ``tables/selection.csv``; writes ``clips.csv``, ``zones.csv``, ``exams.csv``, ``metrics.json``
    and ``tables/*.csv``. The same input, resamples and seed give the same bytes. Frames whose zone
    is unknown count for frames and clips only; where no zone is known, what is made of zones and
    exams is empty.

    Parameters
    ----------
    folder
        A run folder.
    resamples
        Bootstrap resamples of patients, and permutations of them, at least 100.
    seed
        Seed of both.

    Raises
    ------
    RunError
        If a file is missing or not valid, a zone is not one of the protocol, or the baseline is
        not among the models.
    """
    if resamples < 100:
        raise RunError(f"{resamples} resamples are too few for an interval; give at least 100.")
    from threadpoolctl import threadpool_limits

    # thousands of small products: threads that wait for each other make them several times
    # slower where other work shares the cores
    with threadpool_limits(1, user_api="blas"):
        _evaluate(folder, resamples, seed)


def _evaluate(folder: Path, resamples: int, seed: int) -> None:
    config = read_config(folder)
    protocol = get_protocol(config.cohort.protocol)
    predictions = read_predictions(folder / PREDICTIONS_NAME)
    models = _models(predictions, config, folder)
    rules = read_rules(folder, config.evaluation)
    scored = {level: score_at(predictions, level, rules.get(level, Rules())) for level in LEVELS}
    exams = global_scores(scored["zone"], protocol)
    everyone = [*models, BASELINE]
    patients = sorted(predictions["patient"].unique())
    draws = draw_patients(len(patients), resamples, seed)

    measured = {
        level: measure_level(scored[level], everyone, patients, draws, seed) for level in LEVELS
    }
    # two families of tests, each corrected for its own number
    families = [list(combinations(models, 2)), [(model, BASELINE) for model in models]]
    comparison = {
        level: tuple(one for pairs in families if own for one in compare_pairs(own, pairs))
        for level, own in measured.items()
    }
    errors = {
        model: exam_errors(mine, patients, draws, None if model == BASELINE else seed)
        for model in everyone
        if not (mine := exams[exams["model"] == model]).empty
    }
    coverage = risk_by_coverage(scored["clip"], everyone, patients, draws)
    tested = "zone" if measured["zone"] else "clip"
    pairs = [test for family in families for test in mcnemar_pairs(scored[tested], family)]
    metrics = MetricsRecord(
        schema=SCHEMA,
        label_level=config.cohort.label_level,
        bootstrap=BootstrapRecord(resamples=resamples, seed=seed, confidence=CONFIDENCE),
        models=tuple(models),
        baseline=BASELINE,
        rules={level: rules_record(own, models, scored["clip"]) for level, own in rules.items()},
        levels={
            level: {model: each.record for model, each in own.items()}
            for level, own in measured.items()
        },
        absent_scores={level: absent_scores(own) for level, own in measured.items()},
        exams=errors,
        comparison=comparison,
        mcnemar=McNemarRecord(level=tested, pairs=tuple(pairs)),
        coverage={model: _coverage_record(*own) for model, own in coverage.items()},
    )
    tables = {
        "clips": scored["clip"],
        "zones": scored["zone"],
        "exams": exams,
        "tables/zone_accuracy": zone_accuracy(scored["frame"], protocol),
        "tables/roc": roc_table(scored["frame"], models),
        "tables/coverage": _coverage_table(coverage),
        **_tables(metrics),
    }
    for name, table in tables.items():
        write_table(folder / f"{name}.csv", table)
    (folder / METRICS_NAME).write_bytes(to_json(metrics))


def _coverage_record(shares: Sequence[Covered], curve: Sequence[Covered]) -> CoverageRecord:
    points = tuple({"coverage": one.coverage} | one.pooled for one in curve)
    return CoverageRecord(shares=tuple(shares), curve=points)


def _models(predictions: pd.DataFrame, config: RunConfig, folder: Path) -> list[str]:
    """Name the models without the baseline, which must be there, in the order of the run."""
    models = [str(model) for model in predictions["model"].unique()]
    if BASELINE not in models or len(models) == 1:
        raise RunError(
            f"{folder / PREDICTIONS_NAME} holds {', '.join(models)}; expected at least one model "
            f"and {BASELINE}, which stands beside every result. Run 'lusscore cv' again."
        )
    place = {name: row for row, name in enumerate(config.models)}
    models.remove(BASELINE)
    return sorted(models, key=lambda model: (place.get(model, len(place)), model))


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


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a CSV file with six significant digits; an undefined number is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n", encoding="utf-8")


def _ends(ends: Interval | None, prefix: str = "") -> dict[str, Any]:
    low, high = ends or (None, None)
    return {f"{prefix}low": low, f"{prefix}high": high}


def _tables(metrics: MetricsRecord) -> dict[str, pd.DataFrame]:
    """Lay the numbers of ``metrics.json`` out for spreadsheets."""
    each = [
        ({"level": level, "model": model}, record)
        for level, models in metrics.levels.items()
        for model, record in models.items()
    ]
    summary = [
        first
        | {"metric": metric}
        | {part: getattr(getattr(record, part), metric) for part in ("mean", "sd", "pooled")}
        | _ends(record.interval.get(metric))
        | _ends(record.chance.get(metric), "chance_")
        for first, record in each
        for metric in METRICS
    ]
    bins = [
        first
        | {"from": one.low, "to": one.high, "rows": one.rows}
        | {"confidence": one.confidence, "accuracy": one.accuracy}
        | _ends(one.interval)
        for first, record in each
        for one in record.reliability
    ]
    exams = [
        {"model": model, "metric": metric, "pooled": errors.pooled[metric]}
        | _ends(errors.interval.get(metric))
        | _ends(errors.chance.get(metric), "chance_")
        for model, errors in metrics.exams.items()
        for metric in EXAM_METRICS
    ]
    rows = {
        "metrics": summary,
        "folds": [
            first | fold.model_dump(exclude={"per_class", "confusion"})
            for first, record in each
            for fold in record.folds
        ],
        "classes": [row for first, record in each for row in _class_rows(first, record)],
        "reliability": bins,
        "comparison": [
            {"level": level} | one.model_dump(exclude={"interval"}) | _ends(one.interval)
            for level, differences in metrics.comparison.items()
            for one in differences
        ],
        "mcnemar": [{"level": metrics.mcnemar.level} | dict(one) for one in metrics.mcnemar.pairs],
    }
    tables = {f"tables/{name}": pd.DataFrame(own) for name, own in rows.items()}
    # without exams it is the header alone
    return tables | {"tables/exams": pd.DataFrame(exams, columns=_EXAM_COLUMNS)}


def _class_rows(first: dict[str, Any], record: ModelRecord) -> Iterator[dict[str, Any]]:
    """Yield, per score, pooled metrics with their intervals, and the row of the confusion."""
    for one, counts in zip(record.per_class, record.confusion, strict=True):
        row = first | {"score": one.score, "support": one.support}
        for metric in CLASS_METRICS:
            row[metric] = getattr(one, metric)
            row |= _ends(one.interval.get(metric), f"{metric}_")
        yield row | {f"predicted_{score}": count for score, count in enumerate(counts)}


def _coverage_table(models: Mapping[str, tuple[Sequence[Covered], ...]]) -> pd.DataFrame:
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


def roc_table(frames: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Trace every score against the others, fold by fold: the paper's Fig. 3.

    Of `frames` as ``aggregation.score_at`` gives them; every curve has 101 evenly spaced false
    positive rates, between which it was interpolated. Scores that a fold lacks, or has alone, give
    no curve.
    """
    from sklearn.metrics import roc_curve

    curves = [pd.DataFrame(columns=_ROC_COLUMNS)]
    for model in models:
        for (repeat, fold), rows in frames[frames["model"] == model].groupby(["repeat", "fold"]):
            for score in SCORES:
                positive = rows["truth"] == score
                if positive.nunique() == 2:
                    x, y, _ = roc_curve(positive, rows[PROBABILITIES[score]])
                    values = model, repeat, fold, score, _GRID, np.interp(_GRID, x, y)
                    curves.append(pd.DataFrame(dict(zip(_ROC_COLUMNS, values, strict=True))))
    return pd.concat(curves[1:] or curves, ignore_index=True)

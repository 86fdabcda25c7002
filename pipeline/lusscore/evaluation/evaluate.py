"""From ``predictions.csv`` to every table and number of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

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
from lusscore.evaluation.comparison import compare_pairs, mcnemar_pairs
from lusscore.evaluation.curves import roc_table
from lusscore.evaluation.exam_errors import exam_errors
from lusscore.evaluation.levels import Measured, measure_level, undefined_scores
from lusscore.evaluation.metrics_json import METRICS_NAME, level_entry, rules_entry, write_metrics
from lusscore.evaluation.predictions import BASELINE, PREDICTIONS_NAME, read_predictions
from lusscore.evaluation.resampling import CONFIDENCE, draw_patients
from lusscore.evaluation.run_config import RunConfig, read_config
from lusscore.evaluation.selective_risk import Covered, risk_by_coverage
from lusscore.evaluation.tables import (
    class_table,
    comparison_table,
    coverage_table,
    exam_table,
    fold_table,
    mcnemar_table,
    metrics_table,
    reliability_table,
    write_table,
)


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

    levels = {
        level: measure_level(scored[level], everyone, patients, draws, seed) for level in LEVELS
    }
    # two families of tests, each corrected for its own number
    families = [list(combinations(models, 2)), [(model, BASELINE) for model in models]]
    comparisons = {
        level: [
            one
            for pairs in families
            for one in (compare_pairs(measured, pairs) if measured else ())
        ]
        for level, measured in levels.items()
    }
    errors = {
        model: exam_errors(mine, patients, draws, None if model == BASELINE else seed)
        for model in everyone
        if not (mine := exams[exams["model"] == model]).empty
    }
    coverage = risk_by_coverage(scored["clip"], everyone, patients, draws)
    tested = "zone" if levels["zone"] else "clip"
    mcnemar = [each for pairs in families for each in mcnemar_pairs(scored[tested], pairs)]

    tables = {
        "clips": scored["clip"],
        "zones": scored["zone"],
        "exams": exams,
        "tables/metrics": metrics_table(levels),
        "tables/folds": fold_table(levels),
        "tables/classes": class_table(levels),
        "tables/comparison": comparison_table(comparisons),
        "tables/mcnemar": mcnemar_table(tested, mcnemar),
        "tables/exams": exam_table(errors),
        "tables/reliability": reliability_table(levels),
        "tables/zone_accuracy": zone_accuracy(scored["frame"], protocol),
        "tables/coverage": coverage_table(coverage),
        "tables/roc": roc_table(scored["frame"], models),
    }
    for name, table in tables.items():
        write_table(folder / f"{name}.csv", table)
    about = {
        "label_level": config.cohort.label_level,
        "bootstrap": {"resamples": resamples, "seed": seed, "confidence": CONFIDENCE},
        "models": models,
        "baseline": BASELINE,
        "rules": {
            level: rules_entry(each, models, scored["clip"]) for level, each in rules.items()
        },
    }
    results = _results(levels, comparisons, errors, (tested, mcnemar), coverage)
    write_metrics(folder / METRICS_NAME, about | results)


def _results(
    levels: Mapping[str, Mapping[str, Measured]],
    comparisons: Mapping[str, Sequence[Any]],
    errors: Mapping[str, Any],
    mcnemar: tuple[str, Sequence[Any]],
    coverage: Mapping[str, tuple[Sequence[Covered], Sequence[Covered]]],
) -> dict[str, Any]:
    """Return the measured part of ``metrics.json``."""
    return {
        "levels": {
            level: {model: level_entry(entry) for model, entry in measured.items()}
            for level, measured in levels.items()
        },
        "absent_scores": {level: _absent_scores(measured) for level, measured in levels.items()},
        "exams": {model: asdict(each) for model, each in errors.items()},
        "comparison": {
            level: [asdict(each) for each in differences]
            for level, differences in comparisons.items()
        },
        "mcnemar": {"level": mcnemar[0], "pairs": [asdict(each) for each in mcnemar[1]]},
        "coverage": {
            model: _coverage_entry(shares, curve) for model, (shares, curve) in coverage.items()
        },
    }


def _absent_scores(measured: Mapping[str, Measured]) -> list[dict[str, Any]]:
    return [
        {"repeat": repeat, "fold": fold, "scores": scores}
        for repeat, fold, scores in (undefined_scores(measured[BASELINE]) if measured else ())
    ]


def _coverage_entry(
    shares: Sequence[Covered], curve: Sequence[Covered]
) -> dict[str, list[dict[str, Any]]]:
    return {
        "shares": [asdict(each) for each in shares],
        "curve": [{"coverage": each.coverage} | each.pooled for each in curve],
    }


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

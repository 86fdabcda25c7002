"""From ``predictions.csv`` to every table and number of a run."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

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
from lusscore.evaluation.levels import absent_scores, measure_level
from lusscore.evaluation.metrics_json import (
    METRICS_NAME,
    SCHEMA,
    BootstrapRecord,
    CoverageRecord,
    McNemarRecord,
    MetricsRecord,
    rules_record,
)
from lusscore.evaluation.predictions import BASELINE, PREDICTIONS_NAME, read_predictions
from lusscore.evaluation.resampling import CONFIDENCE, draw_patients
from lusscore.evaluation.run_config import RunConfig, read_config
from lusscore.evaluation.selective_risk import risk_by_coverage
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
from lusscore.records import to_json


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
        coverage={
            model: CoverageRecord(
                shares=shares, curve=tuple({"coverage": one.coverage} | one.pooled for one in curve)
            )
            for model, (shares, curve) in coverage.items()
        },
    )
    tables = {
        "clips": scored["clip"],
        "zones": scored["zone"],
        "exams": exams,
        "tables/metrics": metrics_table(metrics.levels),
        "tables/folds": fold_table(metrics.levels),
        "tables/classes": class_table(metrics.levels),
        "tables/comparison": comparison_table(comparison),
        "tables/mcnemar": mcnemar_table(metrics.mcnemar),
        "tables/exams": exam_table(errors),
        "tables/reliability": reliability_table(metrics.levels),
        "tables/zone_accuracy": zone_accuracy(scored["frame"], protocol),
        "tables/coverage": coverage_table(coverage),
        "tables/roc": roc_table(scored["frame"], models),
    }
    for name, table in tables.items():
        write_table(folder / f"{name}.csv", table)
    (folder / METRICS_NAME).write_bytes(to_json(metrics))


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

"""From ``predictions.csv`` to every table and number of a run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from lusscore.cohort import get_protocol
from lusscore.errors import RunError
from lusscore.evaluation.abstention import risk_by_coverage
from lusscore.evaluation.aggregation import LEVELS, global_scores, score_at
from lusscore.evaluation.baseline import BASELINE
from lusscore.evaluation.comparison import compare_pairs, pairs_among
from lusscore.evaluation.exam_errors import exam_errors
from lusscore.evaluation.levels import measure_level, undefined_scores
from lusscore.evaluation.mcnemar import mcnemar_pairs
from lusscore.evaluation.metrics_json import (
    METRICS_NAME,
    comparison_entry,
    coverage_entry,
    exam_entry,
    level_entry,
    mcnemar_entry,
    rules_entry,
    write_metrics,
)
from lusscore.evaluation.predictions import read_predictions
from lusscore.evaluation.resampling import CONFIDENCE, draw_patients
from lusscore.evaluation.roc import roc_table
from lusscore.evaluation.rule_ablation import compare_rules
from lusscore.evaluation.rules import STANDARD_RULES
from lusscore.evaluation.rules.chosen_rules import Rules, read_rules
from lusscore.evaluation.run_config import RunConfig, read_config
from lusscore.evaluation.tables import (
    class_table,
    comparison_table,
    coverage_table,
    exam_table,
    fold_table,
    mcnemar_table,
    metrics_table,
    reliability_table,
    rules_table,
    write_table,
)
from lusscore.evaluation.zone_accuracy import zone_accuracy

PREDICTIONS_NAME = "predictions.csv"


def evaluate_run(folder: Path, *, resamples: int = 1000, seed: int = 0) -> None:
    """Evaluate a run from its held-out predictions.

    Reads ``config.toml``, ``predictions.csv`` and, where nested selection has chosen rules,
    ``tables/selection.csv``; writes ``clips.csv``, ``zones.csv``,
    ``exams.csv``, ``metrics.json`` and ``tables/*.csv``. The same input, resamples and seed give
    the same bytes. Frames whose zone is unknown count for frames and clips only; where no zone is
    known, what is made of zones and exams is empty.

    Parameters
    ----------
    folder
        A run folder.
    resamples
        Bootstrap resamples of patients, and shuffles between them, at least 100.
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
    pairs = pairs_among(models)
    with_baseline = [(model, BASELINE) for model in models]
    comparisons = {
        level: compare_pairs(measured, pairs) + compare_pairs(measured, with_baseline)
        if measured
        else []
        for level, measured in levels.items()
    }
    errors = {
        model: exam_errors(mine, patients, draws, None if model == BASELINE else seed)
        for model in everyone
        if not (mine := exams[exams["model"] == model]).empty
    }
    by_rule = compare_rules(predictions, models, STANDARD_RULES, patients, draws)
    coverage = risk_by_coverage(scored["clip"], everyone, patients, draws)
    tested = "zone" if levels["zone"] else "clip"
    mcnemar = mcnemar_pairs(scored[tested], pairs) + mcnemar_pairs(scored[tested], with_baseline)

    write_table(folder / "clips.csv", scored["clip"])
    write_table(folder / "zones.csv", scored["zone"])
    write_table(folder / "exams.csv", exams)
    tables = folder / "tables"
    write_table(tables / "metrics.csv", metrics_table(levels))
    write_table(tables / "folds.csv", fold_table(levels))
    write_table(tables / "classes.csv", class_table(levels))
    write_table(tables / "comparison.csv", comparison_table(comparisons))
    write_table(tables / "mcnemar.csv", mcnemar_table(tested, mcnemar))
    write_table(tables / "exams.csv", exam_table(errors))
    write_table(tables / "reliability.csv", reliability_table(levels))
    write_table(tables / "zone_accuracy.csv", zone_accuracy(scored["frame"], protocol))
    write_table(tables / "rules.csv", rules_table(by_rule))
    write_table(tables / "coverage.csv", coverage_table(coverage))
    write_table(tables / "roc.csv", roc_table(scored["frame"], models))
    write_metrics(
        folder / METRICS_NAME,
        {
            "label_level": config.cohort.label_level,
            "bootstrap": {"resamples": resamples, "seed": seed, "confidence": CONFIDENCE},
            "models": models,
            "baseline": BASELINE,
            "rules": {
                level: rules_entry(each, models, scored["clip"]) for level, each in rules.items()
            },
            "levels": {
                level: {model: level_entry(entry) for model, entry in measured.items()}
                for level, measured in levels.items()
            },
            "absent_scores": {
                level: [
                    {"repeat": repeat, "fold": fold, "scores": scores}
                    for repeat, fold, scores in undefined_scores(measured[BASELINE])
                ]
                if measured
                else []
                for level, measured in levels.items()
            },
            "exams": {model: exam_entry(entry) for model, entry in errors.items()},
            "comparison": {
                level: comparison_entry(differences) for level, differences in comparisons.items()
            },
            "mcnemar": mcnemar_entry(tested, mcnemar),
            "rules_compared": [asdict(each) for each in by_rule],
            "coverage": {model: coverage_entry(*parts) for model, parts in coverage.items()},
        },
    )


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

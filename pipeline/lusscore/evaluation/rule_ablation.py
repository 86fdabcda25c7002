"""Every standard rule on the same frames, for the reader; nothing is chosen by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.aggregation import group_frames
from lusscore.evaluation.confusion import all_metrics, patient_confusions
from lusscore.evaluation.predictions import PROBABILITIES, HeldOut
from lusscore.evaluation.resampling import metric_interval
from lusscore.evaluation.rules import Rule

RULE_METRICS = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "quadratic_kappa",
    "mean_absolute_error",
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ByRule:
    """One model's clips scored by one rule: `RULE_METRICS`, pooled, and their intervals.

    `interval` is empty where all rows are of a single patient.
    """

    rule: str
    model: str
    pooled: dict[str, float]
    interval: dict[str, tuple[float, float] | None]


def compare_rules(
    predictions: pd.DataFrame,
    models: Sequence[str],
    rules: Sequence[Rule],
    patients: Sequence[str],
    draws: FloatArray,
) -> tuple[ByRule, ...]:
    """Score the clips of every model by every rule.

    Parameters
    ----------
    predictions
        As :func:`lusscore.evaluation.predictions.read_predictions` gives them.
    models, rules
        Which, in the order wanted.
    patients
        All patients of the run.
    draws
        How often each of them is drawn, shape (resamples, patients).

    Returns
    -------
    tuple of ByRule
        Models in order, and for each of them the rules in order.
    """
    groups = group_frames(predictions, "clip")
    several = len(patients) > 1
    by_rule = {}
    for rule in dict.fromkeys(rules):
        scores, probabilities = rule.decide(groups.frames)
        table = groups.table.assign(prediction=scores)
        table[list(PROBABILITIES)] = probabilities
        of_model = dict(iter(table.groupby("model")))
        for model in models:
            counts = patient_confusions(HeldOut.of(of_model[model], patients))
            pooled = all_metrics(counts.sum(0))
            drawn = all_metrics(np.tensordot(draws, counts, axes=1)) if several else {}
            values = {metric: float(pooled[metric]) for metric in RULE_METRICS}
            by_rule[model, rule] = ByRule(
                rule.name,
                model,
                values,
                {
                    metric: metric_interval(metric, drawn[metric], value)
                    for metric, value in values.items()
                    if several
                },
            )
    return tuple(by_rule[model, rule] for model in models for rule in dict.fromkeys(rules))

"""Pairs of models side by side, and what the tests can and cannot show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lusscore.report.canvas import MODELS_DRAWN
from lusscore.report.run_files import RunFiles
from lusscore.wording import plural

_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Comparison:
    """What is shown of ``comparison`` and ``mcnemar`` of ``metrics.json``, and its limits.

    `models` are pairs among models and `baseline` pairs with the baseline, at the level that sums
    the run up, each with its `reading` in words; `levels` are those in ``tables/comparison.csv``;
    `left_out` says which pairs are there alone.
    """

    levels: tuple[str, ...]
    models: tuple[Mapping[str, Any], ...]
    baseline: tuple[Mapping[str, Any], ...]
    mcnemar: tuple[Mapping[str, Any], ...]
    caution: str
    left_out: str


def comparison(run: RunFiles, labels: Mapping[str, str]) -> Comparison:
    """Choose the pairs to show, and say what each shows.

    Of more than `MODELS_DRAWN` models only pairs with the first model and with the baseline are
    shown.
    """
    first, crowded = run.models[0], len(run.models) > MODELS_DRAWN
    shown = {first, run.baseline} if crowded else {*run.models, run.baseline}
    compared = run.metrics["comparison"]
    rows = [row | {"reading": _reading(row, labels)} for row in compared[run.level]]
    left_out = (
        f"Of {len(run.models)} models, pairs with {labels[first]}, the first, and with the baseline"
        " are shown. All pairs are in tables/comparison.csv and tables/mcnemar.csv; corrections "
        "are for all of them."
    )
    return Comparison(
        tuple(name for name, pairs in compared.items() if pairs),
        tuple(row for row in rows if row["b"] != run.baseline and shown & {row["a"], row["b"]}),
        tuple(row for row in rows if row["b"] == run.baseline),
        tuple(row for row in run.metrics["mcnemar"]["pairs"] if shown & {row["a"], row["b"]}),
        _caution(rows[0]["degrees"]),
        left_out if crowded else "",
    )


def _reading(row: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    p, fold_p = row["p_holm"], row["fold_p_holm"]
    if p is None:
        return "not tested"
    if p >= _SIGNIFICANT:
        return "no difference shown"
    higher = labels[row["a"] if row["pooled"] > 0 else row["b"]]
    agreed = fold_p is not None and fold_p < _SIGNIFICANT
    return f"{higher} higher" if agreed else f"{higher} higher over patients, not over folds"


def _caution(degrees: int) -> str:
    folds = degrees + 1
    if folds < 2:
        return "With one fold there is nothing to test over folds."
    weak = (
        " With so few it has almost no power: only a difference several times its own spread over "
        "folds can reach 0.05, so a large p value does not show that two models are alike."
        if folds < 10
        else ""
    )
    return (
        f"The test over folds rests on {plural(folds, 'difference')} "
        f"({plural(degrees, 'degree')} of freedom).{weak}"
    )

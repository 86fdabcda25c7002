"""Pairs of models side by side, and what the tests can and cannot tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lusscore.report.canvas import MODELS_DRAWN
from lusscore.report.run_files import RunFiles
from lusscore.wording import bounds, count, p_value, plural, signed

_METRICS = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro-F1",
    "macro_auc": "Macro ROC-AUC",
    "quadratic_kappa": "Quadratic kappa",
}
_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Pair:
    """One pair in one metric, ready to print; `reading` says it in words."""

    a: str
    b: str
    metric: str
    pooled: str
    interval: str
    p: str
    over_folds: str
    fold_p: str
    reading: str


@dataclass(frozen=True)
class Discordant:
    """One pair by McNemar's test, ready to print: rows that one of the two alone had right."""

    a: str
    b: str
    only_a: str
    only_b: str
    p: str


@dataclass(frozen=True)
class McNemarTests:
    """Pairs by McNemar's test, the level of the `rows` tested, and how many these are."""

    level: str
    rows: int
    pairs: tuple[Discordant, ...]


@dataclass(frozen=True)
class Comparison:
    """Pairs among models, pairs with the baseline, and what limits the test over folds.

    `level` is the one shown, `levels` are those in ``tables/comparison.csv``; `left_out` says
    which pairs are there alone.
    """

    level: str
    levels: tuple[str, ...]
    models: tuple[Pair, ...]
    baseline: tuple[Pair, ...]
    caution: str
    mcnemar: McNemarTests
    left_out: str


def comparison(run: RunFiles, labels: Mapping[str, str]) -> Comparison:
    """Lay out the comparison at the level that sums the run up.

    Of more than `MODELS_DRAWN` models only pairs with the first model and with the baseline are
    shown.
    """
    first, crowded = run.models[0], len(run.models) > MODELS_DRAWN
    shown = {first, run.baseline} if crowded else {*run.models, run.baseline}
    compared, tests = run.metrics["comparison"], run.metrics["mcnemar"]
    rows = compared[run.level]
    among = [row for row in rows if row["b"] != run.baseline and shown & {row["a"], row["b"]}]
    left_out = (
        f"Of {len(run.models)} models, pairs with {labels[first]}, the first, and with the baseline"
        " are shown. All pairs are in tables/comparison.csv and tables/mcnemar.csv; corrections "
        "are for all of them."
    )
    return Comparison(
        run.level,
        tuple(name for name, pairs in compared.items() if pairs),
        tuple(_pair(row, labels) for row in among),
        tuple(_pair(row, labels) for row in rows if row["b"] == run.baseline),
        _caution(rows[0]["degrees"]),
        McNemarTests(
            tests["level"],
            tests["pairs"][0]["rows"],
            tuple(
                Discordant(
                    labels[row["a"]],
                    labels[row["b"]],
                    count(row["only_a"]),
                    count(row["only_b"]),
                    p_value(row["p_holm"]),
                )
                for row in tests["pairs"]
                if shown & {row["a"], row["b"]}
            ),
        ),
        left_out if crowded else "",
    )


def _pair(row: Mapping[str, Any], labels: Mapping[str, str]) -> Pair:
    return Pair(
        a=labels[row["a"]],
        b=labels[row["b"]],
        metric=_METRICS[row["metric"]],
        pooled=signed(row["pooled"]),
        interval=bounds(row["interval"]),
        p=p_value(row["p_holm"]),
        over_folds=signed(row["over_folds"]),
        fold_p=p_value(row["fold_p_holm"]),
        reading=_reading(row, labels),
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

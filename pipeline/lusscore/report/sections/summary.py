"""What a run shows, in plain words and few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lusscore.report.numbers import (
    listed,
    percent,
    percent_span,
    plural,
    points,
    span,
    three,
)
from lusscore.report.run_files import RunFiles


@dataclass(frozen=True)
class Tile:
    """One key number: what it is, its value, and what to know beside it."""

    label: str
    value: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """Sentences and tiles that open the report."""

    sentences: tuple[str, ...]
    tiles: tuple[Tile, ...]


def summarise(run: RunFiles, labels: Mapping[str, str]) -> Summary:
    """Say what the run shows, at the level of its labels.

    No model is called the best where its interval overlaps another's, nor better than the
    baseline where the interval of their difference holds zero.
    """
    entries = run.metrics["levels"][run.level]
    best = max(run.models, key=lambda model: entries[model]["pooled"]["accuracy"])
    sentences = [
        _what_was_done(run, labels),
        _headline(run, labels, best),
        _against_baseline(run, best),
        *_against_shuffles(run, best),
        _every_score_alike(run, best),
        *_against_others(run, labels, best),
        *_by_exam(run, labels, best),
    ]
    return Summary(tuple(sentences), _tiles(run, labels, best))


def _what_was_done(run: RunFiles, labels: Mapping[str, str]) -> str:
    cohort, validation = run.config["cohort"], run.config["cross_validation"]
    patients = run.clips["patient"].nunique()
    frames = run.metrics["levels"]["frame"][run.models[0]]["rows"] // validation["repeats"]
    exams = len(run.clips[["patient", "exam"]].drop_duplicates())
    repeated = f", {validation['repeats']} times over" if validation["repeats"] > 1 else ""
    return (
        f"{listed([labels[model] for model in run.models])} "
        f"{'was' if len(run.models) == 1 else 'were'} tested on "
        f"{plural(frames, 'frame')} of {plural(patients, 'patient')} ({plural(exams, 'exam')}, "
        f"cohort {cohort['name']}) in {validation['folds']} folds{repeated}; every frame was "
        "scored by a head trained without its patient."
    )


def _headline(run: RunFiles, labels: Mapping[str, str], best: str) -> str:
    level = run.level
    entries = run.metrics["levels"][level]
    mine, baseline = entries[best], entries[run.metrics["baseline"]]
    opening = "It" if len(run.models) == 1 else f"{labels[best]}, with the highest accuracy here,"
    return (
        f"{opening} gives {percent(mine['pooled']['accuracy'])} of {level}s their true "
        f"score (95\u00a0% interval {percent_span(mine['interval'].get('accuracy'))}). Always "
        "answering the most frequent score of the training patients gives "
        f"{percent(baseline['pooled']['accuracy'])} "
        f"({percent_span(baseline['interval'].get('accuracy'))})."
    )


def _against_baseline(run: RunFiles, best: str) -> str:
    compared = _find(run, best, run.metrics["baseline"])
    interval = compared["interval"]
    if interval is None:
        return "Too few patients leave no interval, so nothing is said about chance."
    gap = f"{points(compared['pooled'])} percentage points"
    bounds = f"95\u00a0% interval {span([100 * end for end in interval], 1)}"
    if interval[0] > 0:
        return (
            f"That is {gap} more than the baseline ({bounds}), more than chance in the choice of "
            "patients explains."
        )
    if interval[1] < 0:
        return (
            f"That is {gap} less than the baseline ({bounds}): on this cohort the model does worse "
            "than a constant answer by this measure."
        )
    return (
        f"The difference of {gap} ({bounds}) may be chance: this run does not show that the model "
        "scores more rightly than a constant answer."
    )


def _against_shuffles(run: RunFiles, best: str) -> list[str]:
    entry = run.metrics["levels"][run.level][best]
    accuracy, kappa = (entry["chance"].get(name) for name in ("accuracy", "quadratic_kappa"))
    if accuracy is None:
        return []
    also = "" if kappa is None else f" and a quadratic kappa of {span(kappa)}"
    mine = "" if kappa is None else f" (kappa {three(entry['pooled']['quadratic_kappa'])})"
    return [
        "Shuffled between patients, so that they know nothing of whom they are given to, its "
        f"predictions would reach an accuracy of {percent_span(accuracy)}{also} in 95 of 100 "
        f"shuffles; as they are they reach {percent(entry['pooled']['accuracy'])}{mine}."
    ]


def _every_score_alike(run: RunFiles, best: str) -> str:
    entries = run.metrics["levels"][run.level]
    baseline = entries[run.metrics["baseline"]]["pooled"]["macro_f1"]
    return (
        "Accuracy favours whoever answers the most frequent score. Counting every score alike, by "
        f"macro-F1, it reaches {three(entries[best]['pooled']['macro_f1'])} (95\u00a0% interval "
        f"{span(entries[best]['interval'].get('macro_f1'))}), the baseline {three(baseline)}."
    )


def _against_others(run: RunFiles, labels: Mapping[str, str], best: str) -> list[str]:
    entries = run.metrics["levels"][run.level]
    mine = entries[best]["interval"].get("accuracy")
    overlapping: list[str] = []
    apart: list[str] = []
    for model in run.models:
        if model != best:
            met = _overlap(mine, entries[model]["interval"].get("accuracy"))
            (overlapping if met else apart).append(labels[model])
    if overlapping:
        below = f"; {listed(apart)} {_lie(apart)} below" if apart else ""
        return [
            f"The intervals of {listed([labels[best], *overlapping])} overlap{below}. No winner is "
            "named; the paired comparison further down is the finer test."
        ]
    if apart:
        return [
            f"The interval of {labels[best]} lies above {listed(apart)}. A model picked as the "
            "best of several on the patients it is measured on looks a little better than it is."
        ]
    return []


def _by_exam(run: RunFiles, labels: Mapping[str, str], best: str) -> list[str]:
    if not run.metrics["exams"]:
        return []
    errors = run.metrics["exams"][best]
    baseline = run.metrics["exams"][run.metrics["baseline"]]
    distance = errors["interval"].get("mean_absolute_error")
    scored, zones = _mean_zones_scored(run), len(run.protocol.zones)
    some = f" scored, on average {scored:.1f} of {zones}," if scored < zones else " of an exam,"
    return [
        f"Summed over the zones{some} the global score of {labels[best]} is "
        f"{errors['pooled']['mean_absolute_error']:.1f} points off on average (95\u00a0% interval "
        f"{span(distance, 1)}; protocol maximum {run.protocol.maximum}); that of the baseline "
        f"{baseline['pooled']['mean_absolute_error']:.1f}. Its agreement with the true one, "
        f"ICC(A,1), is {three(errors['pooled']['icc'])} (95\u00a0% interval "
        f"{span(errors['interval'].get('icc'))})."
    ]


def _tiles(run: RunFiles, labels: Mapping[str, str], best: str) -> tuple[Tile, ...]:
    level = run.level
    entries = run.metrics["levels"][level]
    mine, baseline = entries[best], entries[run.metrics["baseline"]]["pooled"]
    accuracy = mine["interval"].get("accuracy")
    rows = mine["rows"] // run.config["cross_validation"]["repeats"]
    return (
        Tile(
            f"{level.capitalize()} accuracy, {labels[best]}",
            percent(mine["pooled"]["accuracy"]),
            (_interval(percent_span(accuracy)), f"baseline {percent(baseline['accuracy'])}"),
        ),
        *(
            Tile(
                f"{name}, {labels[best]}",
                three(mine["pooled"][metric]),
                (
                    _interval(span(mine["interval"].get(metric), 2)),
                    f"baseline {three(baseline[metric])}",
                ),
            )
            for metric, name in (("macro_f1", "Macro-F1"), ("quadratic_kappa", "Quadratic kappa"))
        ),
        *_exam_tile(run, labels, best),
        Tile(
            "Patients",
            str(run.clips["patient"].nunique()),
            (f"{plural(rows, level)} tested", f"{run.config['cross_validation']['folds']} folds"),
        ),
    )


def _exam_tile(run: RunFiles, labels: Mapping[str, str], best: str) -> list[Tile]:
    errors = run.metrics["exams"]
    if not errors:
        return []
    baseline = errors[run.metrics["baseline"]]
    scored, zones = _mean_zones_scored(run), len(run.protocol.zones)
    return [
        Tile(
            f"Global score error, {labels[best]}",
            f"{errors[best]['pooled']['mean_absolute_error']:.1f} of {run.protocol.maximum}",
            (
                _interval(span(errors[best]["interval"].get("mean_absolute_error"), 1)),
                f"baseline {baseline['pooled']['mean_absolute_error']:.1f}",
                *([f"{scored:.1f} of {zones} zones scored"] if scored < zones else []),
            ),
        )
    ]


def _mean_zones_scored(run: RunFiles) -> float:
    """Zones scored per exam; the fewer, the smaller the error of a sum over them can be."""
    return float(run.exams.loc[run.exams["model"] == run.models[0], "zones_scored"].mean())


def _interval(text: str) -> str:
    return f"95\u00a0% {text}"


def _lie(names: list[str]) -> str:
    return "lies" if len(names) == 1 else "lie"


def _find(run: RunFiles, a: str, b: str) -> Mapping[str, Any]:
    """Find the comparison of accuracy of `a` and `b` at the level that sums the run up."""
    rows = run.metrics["comparison"][run.level]
    found: Mapping[str, Any] = next(
        row for row in rows if (row["a"], row["b"], row["metric"]) == (a, b, "accuracy")
    )
    return found


def _overlap(first: list[float] | None, second: list[float] | None) -> bool:
    """Whether two intervals share a value; unknown intervals do."""
    if first is None or second is None:
        return True
    return first[0] <= second[1] and second[0] <= first[1]

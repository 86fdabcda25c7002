"""What a run shows, in plain words and few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lusscore.report.run_files import RunFiles
from lusscore.wording import (
    listed,
    percent,
    percent_span,
    plural,
    points,
    span,
    three,
)


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

    All numbers are of the run's first model, whatever came out: a model picked for its result
    looks better than it is. None is called better than another whose interval it
    overlaps, nor than the baseline where the interval of their difference holds zero.
    """
    first = run.models[0]
    sentences = [
        _what_was_done(run, labels),
        _headline(run, labels, first),
        _against_baseline(run, first),
        *_against_shuffles(run, first),
        _every_score_alike(run, first),
        *_against_others(run, labels, first),
        *_chosen_inside(run, labels),
        *_by_exam(run, labels, first),
    ]
    return Summary(tuple(sentences), _tiles(run, labels, first))


def _what_was_done(run: RunFiles, labels: Mapping[str, str]) -> str:
    cohort, validation = run.config.cohort, run.config.cross_validation
    patients = run.clips["patient"].nunique()
    frames = run.metrics["levels"]["frame"][run.models[0]]["rows"] // validation.repeats
    exams = len(run.clips[["patient", "exam"]].drop_duplicates())
    models = listed([labels[model] for model in run.models])
    was = "was" if len(run.models) == 1 else "were"
    tested = (
        f"tested on {plural(frames, 'frame')} of {plural(patients, 'patient')} "
        f"({plural(exams, 'exam')}, cohort {cohort.name})"
    )
    if others := run.config.trained_on:
        trained = [
            f"{plural(other.frames, 'frame')} of {plural(other.patients, 'patient')} "
            f"(cohort {other.name})"
            for other in others
        ]
        return (
            f"External validation: {models} {was} trained on {listed(trained)} and {tested}; "
            f"nothing of {cohort.name} was used for training."
        )
    if by := validation.leave_out:
        return (
            f"{models} {was} {tested}, leaving out each of {validation.folds} {by}s in turn; "
            f"every frame was scored by a head trained without its patient and without its {by}."
        )
    repeated = f", {validation.repeats} times over" if validation.repeats > 1 else ""
    return (
        f"{models} {was} {tested} in {validation.folds} folds{repeated}; every frame was scored "
        "by a head trained without its patient."
    )


def _chosen_inside(run: RunFiles, labels: Mapping[str, str]) -> list[str]:
    """Tell what models reach that were chosen without the patients they are tested on."""
    if run.selection is None:
        return []
    told = []
    for model in dict.fromkeys(run.selection["model"]):
        entry = run.metrics["levels"][run.level][model]
        pooled, interval = entry["pooled"], entry["interval"]
        band = entry["chance"].get("quadratic_kappa")
        shuffled = f", shuffled {span(band, 3)}" if band else ""
        told.append(
            f"{labels[model]}, chosen in every fold by its training patients alone, gives "
            f"{percent(pooled['accuracy'])} of {run.level}s their true score (95\u00a0% interval "
            f"{percent_span(interval.get('accuracy'))}) and reaches a quadratic kappa of "
            f"{three(pooled['quadratic_kappa'])} (95\u00a0% interval "
            f"{span(interval.get('quadratic_kappa'), 3)}{shuffled})."
        )
    return told


def _headline(run: RunFiles, labels: Mapping[str, str], first: str) -> str:
    level = run.level
    entries = run.metrics["levels"][level]
    mine, baseline = entries[first], entries[run.metrics["baseline"]]
    opening = "It" if len(run.models) == 1 else f"{labels[first]}, the first model of the run,"
    return (
        f"{opening} gives {percent(mine['pooled']['accuracy'])} of {level}s their true "
        f"score (95\u00a0% interval {percent_span(mine['interval'].get('accuracy'))}). Always "
        "answering the most frequent score of the training patients gives "
        f"{percent(baseline['pooled']['accuracy'])} "
        f"({percent_span(baseline['interval'].get('accuracy'))})."
    )


def _against_baseline(run: RunFiles, first: str) -> str:
    compared = _find(run, first, run.metrics["baseline"])
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


def _against_shuffles(run: RunFiles, first: str) -> list[str]:
    entry = run.metrics["levels"][run.level][first]
    accuracy, kappa = (entry["chance"].get(name) for name in ("accuracy", "quadratic_kappa"))
    if accuracy is None:
        return []
    also = "" if kappa is None else f" and a quadratic kappa of {span(kappa)}"
    mine = "" if kappa is None else f" (kappa {three(entry['pooled']['quadratic_kappa'])})"
    return [
        f"Given to patients of the same {'cohort' if run.config.trained_on else 'fold'}, "
        "patients being permuted at random, its "
        f"predictions would reach an accuracy of {percent_span(accuracy)}{also} in 95 of 100 "
        f"shuffles; as they are they reach {percent(entry['pooled']['accuracy'])}{mine}."
    ]


def _every_score_alike(run: RunFiles, first: str) -> str:
    entries = run.metrics["levels"][run.level]
    baseline = entries[run.metrics["baseline"]]["pooled"]["macro_f1"]
    return (
        "Accuracy favours whoever answers the most frequent score. Counting every score alike, by "
        f"macro-F1, it reaches {three(entries[first]['pooled']['macro_f1'])} (95\u00a0% interval "
        f"{span(entries[first]['interval'].get('macro_f1'))}), the baseline {three(baseline)}."
    )


def _against_others(run: RunFiles, labels: Mapping[str, str], first: str) -> list[str]:
    others = run.models[1:]
    if not others:
        return []
    entries = run.metrics["levels"][run.level]
    found: dict[str, list[str]] = {"overlaps": [], "lies above": [], "lies below": []}
    mine = entries[first]["interval"].get("accuracy")
    for model in others:
        theirs = entries[model]["interval"].get("accuracy")
        found[_stands(mine, theirs)].append(labels[model])
    told = [
        f"{how} {'that' if len(names) == 1 else 'those'} of {listed(names)}"
        for how, names in found.items()
        if names
    ]
    caution = (
        " Where intervals overlap no winner is named; the paired comparison further down is the "
        "finer test."
    )
    return [
        f"The interval of accuracy of {labels[first]} {listed(told)}."
        f"{caution if found['overlaps'] else ''}",
        *_picked(run, labels),
    ]


def _picked(run: RunFiles, labels: Mapping[str, str]) -> list[str]:
    """Say which model has a higher accuracy than the first, and that its number flatters it."""
    entries = run.metrics["levels"][run.level]
    highest = max(run.models, key=lambda model: entries[model]["pooled"]["accuracy"])
    if highest == run.models[0]:
        return []
    return [
        f"{labels[highest]} has the highest accuracy, "
        f"{percent(entries[highest]['pooled']['accuracy'])} (95\u00a0% interval "
        f"{percent_span(entries[highest]['interval'].get('accuracy'))}), but was picked from "
        f"{len(run.models)} by the number shown, which makes that number look better than the "
        "model is."
    ]


def _by_exam(run: RunFiles, labels: Mapping[str, str], first: str) -> list[str]:
    if not run.metrics["exams"]:
        return []
    errors = run.metrics["exams"][first]
    baseline = run.metrics["exams"][run.metrics["baseline"]]
    distance = errors["interval"].get("mean_absolute_error")
    scored, zones = _mean_zones_scored(run), len(run.protocol.zones)
    some = f" scored, on average {scored:.1f} of {zones}," if scored < zones else " of an exam,"
    return [
        f"Summed over the zones{some} the global score of {labels[first]} is "
        f"{errors['pooled']['mean_absolute_error']:.1f} points off on average (95\u00a0% interval "
        f"{span(distance, 1)}; protocol maximum {run.protocol.maximum}); that of the baseline "
        f"{baseline['pooled']['mean_absolute_error']:.1f}. Its agreement with the true one, "
        f"ICC(A,1), is {three(errors['pooled']['icc'])} (95\u00a0% interval "
        f"{span(errors['interval'].get('icc'))})."
    ]


def _tiles(run: RunFiles, labels: Mapping[str, str], first: str) -> tuple[Tile, ...]:
    level = run.level
    entries = run.metrics["levels"][level]
    mine, baseline = entries[first], entries[run.metrics["baseline"]]["pooled"]
    accuracy = mine["interval"].get("accuracy")
    rows = mine["rows"] // run.config.cross_validation.repeats
    return (
        Tile(
            f"{level.capitalize()} accuracy, {labels[first]}",
            percent(mine["pooled"]["accuracy"]),
            (_interval(percent_span(accuracy)), f"baseline {percent(baseline['accuracy'])}"),
        ),
        *(
            Tile(
                f"{name}, {labels[first]}",
                three(mine["pooled"][metric]),
                (
                    _interval(span(mine["interval"].get(metric), 2)),
                    f"baseline {three(baseline[metric])}",
                ),
            )
            for metric, name in (("macro_f1", "Macro-F1"), ("quadratic_kappa", "Quadratic kappa"))
        ),
        *_exam_tile(run, labels, first),
        Tile(
            "Patients",
            str(run.clips["patient"].nunique()),
            (f"{plural(rows, level)} tested", _divided(run)),
        ),
    )


def _divided(run: RunFiles) -> str:
    """Say in few words who was held out."""
    validation = run.config.cross_validation
    if others := run.config.trained_on:
        return f"trained on {plural(sum(other.patients for other in others), 'other')}"
    if by := validation.leave_out:
        return f"each of {validation.folds} {by}s left out"
    return f"{validation.folds} folds"


def _exam_tile(run: RunFiles, labels: Mapping[str, str], first: str) -> list[Tile]:
    errors = run.metrics["exams"]
    if not errors:
        return []
    baseline = errors[run.metrics["baseline"]]
    scored, zones = _mean_zones_scored(run), len(run.protocol.zones)
    return [
        Tile(
            f"Global score error, {labels[first]}",
            f"{errors[first]['pooled']['mean_absolute_error']:.1f} of {run.protocol.maximum}",
            (
                _interval(span(errors[first]["interval"].get("mean_absolute_error"), 1)),
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


def _find(run: RunFiles, a: str, b: str) -> Mapping[str, Any]:
    """Find the comparison of accuracy of `a` and `b` at the level that sums the run up."""
    rows = run.metrics["comparison"][run.level]
    found: Mapping[str, Any] = next(
        row for row in rows if (row["a"], row["b"], row["metric"]) == (a, b, "accuracy")
    )
    return found


def _stands(mine: list[float] | None, theirs: list[float] | None) -> str:
    """Say how one interval stands to another; an unknown one overlaps all."""
    if mine is None or theirs is None or (mine[0] <= theirs[1] and theirs[0] <= mine[1]):
        return "overlaps"
    return "lies above" if mine[0] > theirs[1] else "lies below"

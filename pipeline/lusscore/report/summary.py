"""What a run shows, in plain words and few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lusscore.heads import RECOMMENDED
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

Labels = Mapping[str, str]

# 3 epochs in batches of 32 on two thirds of 23,732 frames
_PAPER_STEPS = 1_480


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


def summarise(run: RunFiles, labels: Labels) -> Summary:
    """Say what the run shows, at the level of its labels.

    All numbers are of the run's first model, whatever came out: a model picked for its result
    looks better than it is. None is called better than another whose interval it
    overlaps, nor than the baseline where the interval of their difference holds zero.
    """
    sentences = (
        _design(run, labels),
        _accuracy(run, labels),
        _against_baseline(run),
        *_against_permutations(run),
        _macro_f1(run),
        *_steps(run, labels),
        *_recommended(run, labels),
        *_against_others(run, labels),
        *_selected(run, labels),
        *_global_score(run, labels),
    )
    return Summary(sentences, _tiles(run, labels))


def _design(run: RunFiles, labels: Labels) -> str:
    cohort, validation = run.config.cohort, run.config.cross_validation
    frames = run.metrics["levels"]["frame"][run.models[0]]["rows"] // validation.repeats
    exams = len(run.clips[["patient", "exam"]].drop_duplicates())
    models = listed([labels[model] for model in run.models])
    was = "was" if len(run.models) == 1 else "were"
    patients = run.clips["patient"].nunique()
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
    repeated = f", repeated {validation.repeats} times" if validation.repeats > 1 else ""
    return (
        f"{models} {was} {tested} in {validation.folds} folds{repeated}; every frame was scored "
        "by a head trained without its patient."
    )


def _ci(entry: Mapping[str, Any], metric: str, decimals: int = 3) -> str:
    """Write the interval of a metric, that of accuracy in per cent."""
    interval = entry["interval"].get(metric)
    ends = percent_span(interval) if metric == "accuracy" else span(interval, decimals)
    return f"95\u00a0% interval {ends}"


def _accuracy(run: RunFiles, labels: Labels) -> str:
    mine, baseline = run.entries[run.models[0]], run.entries[run.baseline]
    first = labels[run.models[0]]
    opening = "It" if len(run.models) == 1 else f"{first}, the first model of the run,"
    return (
        f"{opening} predicts the true score of {percent(mine['pooled']['accuracy'])} of "
        f"{run.level}s ({_ci(mine, 'accuracy')}). The "
        "majority-class baseline, which always predicts the most frequent score of the training "
        f"patients, reaches {percent(baseline['pooled']['accuracy'])} "
        f"({percent_span(baseline['interval'].get('accuracy'))})."
    )


def _against_baseline(run: RunFiles) -> str:
    wanted = (run.models[0], run.baseline, "accuracy")
    rows = run.metrics["comparison"][run.level]
    compared = next(row for row in rows if (row["a"], row["b"], row["metric"]) == wanted)
    interval = compared["interval"]
    if interval is None:
        return "There are too few patients for an interval, so no comparison with chance is made."
    gap = f"{points(compared['pooled'])} percentage points"
    bounds = f"95\u00a0% interval {span([100 * end for end in interval], 1)}"
    if interval[0] > 0:
        return (
            f"That is {gap} more ({bounds}): the model is more accurate than the majority-class "
            "baseline."
        )
    if interval[1] < 0:
        return (
            f"That is {gap} less ({bounds}): on this cohort the model is less accurate than the "
            "majority-class baseline."
        )
    return (
        f"The difference of {gap} ({bounds}) may be chance: this run does not show that the model "
        "is more accurate than the majority-class baseline."
    )


def _against_permutations(run: RunFiles) -> list[str]:
    entry = run.entries[run.models[0]]
    accuracy, kappa = (entry["chance"].get(name) for name in ("accuracy", "quadratic_kappa"))
    if accuracy is None:
        return []
    also = "" if kappa is None else f" and a quadratic kappa of {span(kappa)}"
    mine = "" if kappa is None else f" (kappa {three(entry['pooled']['quadratic_kappa'])})"
    return [
        "Patient-level permutation test: 95\u00a0% of permutations within a "
        f"{'cohort' if run.config.trained_on else 'fold'} give an accuracy of "
        f"{percent_span(accuracy)}{also}; the model reaches "
        f"{percent(entry['pooled']['accuracy'])}{mine}."
    ]


def _macro_f1(run: RunFiles) -> str:
    mine, baseline = run.entries[run.models[0]], run.entries[run.baseline]
    return (
        "Accuracy favours the most frequent score. With every score weighted equally, macro-F1 is "
        f"{three(mine['pooled']['macro_f1'])} ({_ci(mine, 'macro_f1')}); that of the baseline is "
        f"{three(baseline['pooled']['macro_f1'])}."
    )


def _steps(run: RunFiles, labels: Labels) -> list[str]:
    """Say how long the paper's head was trained, beside the paper."""
    head = run.config.head
    settings = head.settings
    if head.name != "softmax" or settings["epochs"] != 3 or settings["batch_size"] != 32:
        return []
    frames = run.training.loc[run.training["model"] == run.models[0], "train_frames"]
    steps = round(float((np.ceil(frames / 32) * 3).mean()))
    if not 0 < steps < _PAPER_STEPS / 2:
        return []
    return [
        f"{labels[run.models[0]]} was trained as in the paper, for 3 epochs in batches of 32: "
        f"{steps} steps per fold here, against about {_PAPER_STEPS:,} on the paper's 23,732 "
        "frames, so it may be undertrained."
    ]


def _recommended(run: RunFiles, labels: Labels) -> list[str]:
    """Say what the recommended head reaches, which was fixed before the run."""
    mine = [model for model in run.models[1:] if model.endswith(f"/{RECOMMENDED}")]
    return [
        f"{labels[model]}, whose settings were fixed beforehand, predicts the true score of "
        f"{percent(run.entries[model]['pooled']['accuracy'])} of {run.level}s "
        f"({_ci(run.entries[model], 'accuracy')}); its quadratic kappa is "
        f"{three(run.entries[model]['pooled']['quadratic_kappa'])} "
        f"({_ci(run.entries[model], 'quadratic_kappa')}). Its settings were chosen on COVID-BLUES "
        "and the phantom, where its results are selection and not test."
        for model in mine
    ]


def _against_others(run: RunFiles, labels: Labels) -> list[str]:
    first, *others = run.models
    if not others:
        return []
    found: dict[str, list[str]] = {"overlaps": [], "lies above": [], "lies below": []}
    mine = run.entries[first]["interval"].get("accuracy")
    for model in others:
        theirs = run.entries[model]["interval"].get("accuracy")
        found[_stands(mine, theirs)].append(labels[model])
    parts = [
        f"{how} {'that' if len(names) == 1 else 'those'} of {listed(names)}"
        for how, names in found.items()
        if names
    ]
    sentence = f"The accuracy interval of {labels[first]} {listed(parts)}."
    if found["overlaps"]:
        sentence += (
            " Where intervals overlap no winner is named; the paired comparison below is the finer "
            "test."
        )
    highest = max(run.models, key=lambda model: run.entries[model]["pooled"]["accuracy"])
    if highest == first or (highest.endswith(f"/{RECOMMENDED}") and len(others) == 1):
        return [sentence]
    best = run.entries[highest]
    return [
        sentence,
        f"{labels[highest]} has the highest accuracy, {percent(best['pooled']['accuracy'])} "
        f"({_ci(best, 'accuracy')}), but was picked from {len(run.models)} models by this number, "
        "which makes it too good.",
    ]


def _stands(mine: list[float] | None, theirs: list[float] | None) -> str:
    """Say how one interval stands to another; an unknown one overlaps all."""
    if mine is None or theirs is None or (mine[0] <= theirs[1] and theirs[0] <= mine[1]):
        return "overlaps"
    return "lies above" if mine[0] > theirs[1] else "lies below"


def _selected(run: RunFiles, labels: Labels) -> list[str]:
    """Say what models reach that were selected without the patients they are tested on."""
    sentences = []
    for model in [] if run.selection is None else dict.fromkeys(run.selection["model"]):
        entry = run.entries[model]
        pooled = entry["pooled"]
        band = entry["chance"].get("quadratic_kappa")
        permuted = f"; permutations {span(band, 3)}" if band else ""
        sentences.append(
            f"{labels[model]}, selected in every fold on its training patients alone, predicts the "
            f"true score of {percent(pooled['accuracy'])} of {run.level}s "
            f"({_ci(entry, 'accuracy')}); its quadratic kappa is "
            f"{three(pooled['quadratic_kappa'])} ({_ci(entry, 'quadratic_kappa')}{permuted})."
        )
    return sentences


def _global_score(run: RunFiles, labels: Labels) -> list[str]:
    first, errors = run.models[0], run.metrics["exams"]
    if not errors:
        return []
    mine, baseline = errors[first], errors[run.baseline]
    scored, zones = _mean_zones_scored(run), len(run.protocol.zones)
    some = f" scored, on average {scored:.1f} of {zones}," if scored < zones else " of an exam,"
    return [
        f"Summed over the zones{some} the global score of {labels[first]} is off by "
        f"{mine['pooled']['mean_absolute_error']:.1f} points on average "
        f"({_ci(mine, 'mean_absolute_error', 1)}; protocol maximum {run.protocol.maximum}); that "
        f"of the baseline by {baseline['pooled']['mean_absolute_error']:.1f}. Its agreement with "
        f"the true score, ICC(A,1), is {three(mine['pooled']['icc'])} ({_ci(mine, 'icc')})."
    ]


def _mean_zones_scored(run: RunFiles) -> float:
    """Zones scored per exam; the fewer, the smaller the error of a sum over them can be."""
    return float(run.exams.loc[run.exams["model"] == run.models[0], "zones_scored"].mean())


def _tiles(run: RunFiles, labels: Labels) -> tuple[Tile, ...]:
    first = labels[run.models[0]]
    mine, baseline = run.entries[run.models[0]], run.entries[run.baseline]["pooled"]
    tiles = []
    for metric, name in (
        ("accuracy", f"{run.level.capitalize()} accuracy"),
        ("macro_f1", "Macro-F1"),
        ("quadratic_kappa", "Quadratic kappa"),
    ):
        write = percent if metric == "accuracy" else three
        notes = (_tile_ci(mine, metric, 2), f"baseline {write(baseline[metric])}")
        tiles.append(Tile(f"{name}, {first}", write(mine["pooled"][metric]), notes))
    rows = mine["rows"] // run.config.cross_validation.repeats
    patients = str(run.clips["patient"].nunique())
    about = (f"{plural(rows, run.level)} tested", _split(run))
    return (*tiles, *_exam_tile(run, first), Tile("Patients", patients, about))


def _tile_ci(entry: Mapping[str, Any], metric: str, decimals: int) -> str:
    return _ci(entry, metric, decimals).replace("interval ", "")


def _split(run: RunFiles) -> str:
    """Say in few words how patients were split."""
    validation = run.config.cross_validation
    if others := run.config.trained_on:
        return f"trained on {plural(sum(other.patients for other in others), 'other')}"
    if by := validation.leave_out:
        return f"each of {validation.folds} {by}s left out"
    return f"{validation.folds} folds"


def _exam_tile(run: RunFiles, label: str) -> list[Tile]:
    errors: Mapping[str, Any] = run.metrics["exams"]
    if not errors:
        return []
    mine, baseline = errors[run.models[0]], errors[run.baseline]
    scored, zones = _mean_zones_scored(run), len(run.protocol.zones)
    return [
        Tile(
            f"Global score error, {label}",
            f"{mine['pooled']['mean_absolute_error']:.1f} of {run.protocol.maximum}",
            (
                _tile_ci(mine, "mean_absolute_error", 1),
                f"baseline {baseline['pooled']['mean_absolute_error']:.1f}",
                *([f"{scored:.1f} of {zones} zones scored"] if scored < zones else []),
            ),
        )
    ]

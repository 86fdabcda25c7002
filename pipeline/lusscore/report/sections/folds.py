"""Who was held out when, how long heads took, and which clips were left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lusscore.report.run_files import RunFiles
from lusscore.wording import duration


@dataclass(frozen=True)
class Fold:
    """One fold: whom it held out and how long each model's head took to train on the rest.

    `left_out` names the device or group of theirs that nobody trained on has; empty if none.
    """

    repeat: int
    fold: int
    left_out: str
    patients: tuple[str, ...]
    groups: tuple[int, ...]
    frames: int
    scores: tuple[int, ...]
    training_frames: int
    seconds: tuple[str, ...]


@dataclass(frozen=True)
class SkippedClip:
    """A clip that could not be used, by patient and zone, and why."""

    name: str
    error: str


@dataclass(frozen=True)
class Folds:
    """All folds; `groups` and `models` head the columns of the same order.

    `left_out` is what folds leave out in turn, ``"device"`` or ``"group"``, empty where they are
    alike; `trained_on` names the cohorts trained on where the one tested on is another.
    """

    groups: tuple[str, ...]
    models: tuple[str, ...]
    folds: tuple[Fold, ...]
    skipped: tuple[SkippedClip, ...]
    repeated: bool
    left_out: str
    trained_on: tuple[str, ...]


def folds(run: RunFiles, labels: Mapping[str, str]) -> Folds:
    """Lay out folds and skipped clips."""
    groups = tuple(dict.fromkeys(run.folds["group"]))
    entries = run.metrics["levels"]["frame"][run.models[0]]["folds"]
    skipped = run.config.cohort.skipped_clips
    return Folds(
        groups=tuple(group or "no group" for group in groups),
        models=tuple(labels[model] for model in run.models),
        folds=tuple(_fold(run, entry["repeat"], entry["fold"], groups, entry) for entry in entries),
        skipped=tuple(
            SkippedClip(
                " · ".join(filter(None, (entry.patient, entry.zone))) or "A clip", entry.error
            )
            for entry in skipped
        ),
        repeated=run.config.cross_validation.repeats > 1,
        left_out=run.config.cross_validation.leave_out or "",
        trained_on=tuple(cohort.name for cohort in run.config.trained_on),
    )


def _fold(
    run: RunFiles, repeat: int, number: int, groups: tuple[str, ...], entry: Mapping[str, object]
) -> Fold:
    held_out = run.folds[(run.folds["repeat"] == repeat) & (run.folds["fold"] == number)]
    of_fold = (run.training["repeat"] == repeat) & (run.training["fold"] == number)
    training = run.training[of_fold]
    seconds = dict(zip(training["model"], training["seconds"].tolist(), strict=True))
    per_class = entry["per_class"]
    assert isinstance(per_class, list)
    return Fold(
        repeat=repeat,
        fold=number,
        left_out=_left_out(held_out),
        patients=tuple(held_out["patient"]),
        groups=tuple(int((held_out["group"] == group).sum()) for group in groups),
        frames=sum(score["support"] for score in per_class),
        scores=tuple(score["support"] for score in per_class),
        training_frames=int(training["train_frames"].max()) if len(training) else 0,
        seconds=tuple(
            duration(seconds[model]) if model in seconds else "–" for model in run.models
        ),
    )


def _left_out(held_out: pd.DataFrame) -> str:
    """Name what a fold leaves out, without the column that it is of."""
    if "left_out" not in held_out or held_out.empty:
        return ""
    return str(held_out["left_out"].iloc[0]).partition(": ")[2]

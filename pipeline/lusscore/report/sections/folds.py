"""Who was held out when, how long heads took, and which clips were left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lusscore.report.numbers import duration
from lusscore.report.privacy import file_name, without_clip_folders
from lusscore.report.run_files import RunFiles


@dataclass(frozen=True)
class Fold:
    """One fold: whom it held out and how long each model's head took to train on the rest."""

    repeat: int
    fold: int
    patients: tuple[str, ...]
    groups: tuple[int, ...]
    frames: int
    scores: tuple[int, ...]
    training_frames: int
    seconds: tuple[str, ...]


@dataclass(frozen=True)
class SkippedClip:
    """A clip that could not be used, by its file name alone, and why."""

    name: str
    error: str


@dataclass(frozen=True)
class Folds:
    """All folds; `groups` and `models` head the columns of the same order."""

    groups: tuple[str, ...]
    models: tuple[str, ...]
    folds: tuple[Fold, ...]
    skipped: tuple[SkippedClip, ...]
    repeated: bool


def folds(run: RunFiles, labels: Mapping[str, str]) -> Folds:
    """Lay out folds and skipped clips."""
    groups = tuple(dict.fromkeys(run.folds["group"]))
    entries = run.metrics["levels"]["frame"][run.models[0]]["folds"]
    skipped = run.config["cohort"].get("skipped_clips", ())
    return Folds(
        groups=tuple(group or "no group" for group in groups),
        models=tuple(labels[model] for model in run.models),
        folds=tuple(_fold(run, entry["repeat"], entry["fold"], groups, entry) for entry in entries),
        skipped=tuple(
            SkippedClip(
                file_name(entry["clip"]), without_clip_folders(entry["error"], entry["clip"])
            )
            for entry in skipped
        ),
        repeated=run.config["cross_validation"]["repeats"] > 1,
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
        patients=tuple(held_out["patient"]),
        groups=tuple(int((held_out["group"] == group).sum()) for group in groups),
        frames=sum(score["support"] for score in per_class),
        scores=tuple(score["support"] for score in per_class),
        training_frames=int(training["train_frames"].max()) if len(training) else 0,
        seconds=tuple(
            duration(seconds[model]) if model in seconds else "–" for model in run.models
        ),
    )

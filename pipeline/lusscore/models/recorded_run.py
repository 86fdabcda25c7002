"""The cross-validation behind a bundle, and whether it is of the data that is trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lusscore.cohort import MANIFEST_NAME
from lusscore.errors import RunError
from lusscore.evaluation import (
    PREDICTIONS_NAME,
    LabelledCohort,
    Rule,
    RunConfig,
    read_config,
    read_metrics,
    read_predictions,
)
from lusscore.heads import RECOMMENDED

_OF_CARD = ("protocol", "rubric", "label_level", "synthetic")
_AGAIN = "run 'lusscore cv' again"
_FRAME = ["clip", "frame", "truth"]


@dataclass(frozen=True)
class RecordedRun:
    """A run and the model of it that is to be trained on all patients.

    `config` and `metrics` are those of the run's files, `predictions` what the model said of every
    labelled frame while the frame's patient was held out, and the rules those by which the run has
    scored it; where its folds chose several rules for clips, the run's own.
    """

    folder: Path
    config: RunConfig
    metrics: Mapping[str, Any]
    model: str
    predictions: pd.DataFrame
    clip_rule: Rule
    zone_rule: Rule

    @property
    def is_selected(self) -> bool:
        """Whether the model was chosen anew in each fold."""
        return self.model.startswith("selected/")


def read_recorded_run(folder: Path, model: str | None = None) -> RecordedRun:
    """Read a run and pick one of its models.

    `model` is its name, or the only part of it that tells it from others: ``"average"``; None for
    what was chosen inside the folds, where the run has that, else the run's first model. No model
    is picked by its result. RunError if `folder` is no run of folds, or has no such model.
    """
    config = read_config(folder)
    if config.trained_on:
        raise RunError(
            "it is an external validation, which holds out a whole cohort",
            path=folder,
            advice="a bundle needs a run with folds of its own cohort: 'lusscore cv COHORT'",
        )
    name = _pick(folder, list(config.models), model)
    predictions = read_predictions(folder / PREDICTIONS_NAME)
    own = predictions[predictions["model"] == name].reset_index(drop=True)
    if own.empty:
        raise RunError(f"it has no predictions of {name}", path=folder, advice=_AGAIN)
    metrics = read_metrics(folder)
    clip_rule, zone_rule = (_rule(config, metrics, level, name) for level in ("clip", "zone"))
    return RecordedRun(folder, config, metrics, name, own, clip_rule, zone_rule)


def _pick(folder: Path, models: Sequence[str], wanted: str | None) -> str:
    if not models:
        raise RunError("it records no models", path=folder, advice=_AGAIN)
    if wanted is None:
        selected = [name for name in models if name.startswith("selected/")]
        recommended = [name for name in models if name.endswith(f"/{RECOMMENDED}")]
        return (selected or recommended or list(models))[0]
    found = [wanted] if wanted in models else [name for name in models if wanted in name]
    if len(found) != 1:
        many = "several models" if found else "no model"
        raise RunError(
            f"it has {many} that {wanted!r} names; expected one of {', '.join(models)}",
            path=folder,
        )
    return found[0]


def _rule(config: RunConfig, metrics: Mapping[str, Any], level: str, model: str) -> Rule:
    """Return the rule that all folds have scored a model by, else the one that was asked for."""
    used = metrics.get("rules", {}).get(level, {}).get("folds", {}).get(model, {})
    if len(used) == 1:
        return Rule.parse(next(iter(used)))
    return Rule.parse(getattr(config.evaluation, f"{level}_rule"))


def check_same_data(run: RecordedRun, labelled: LabelledCohort, backbones: Sequence[str]) -> None:
    """Refuse a run of other labels or embeddings than those to train on.

    The performance that a bundle reports would else be of another model.
    """
    for what in _differences(run, labelled, backbones):
        raise RunError(what, path=run.folder, advice=f"{_AGAIN}, or leave out --from-run")


def _differences(
    run: RecordedRun, labelled: LabelledCohort, backbones: Sequence[str]
) -> Iterator[str]:
    cohort, recorded, dataset = labelled.cohort, run.config.cohort, labelled.dataset
    if recorded.name != cohort.name:
        yield f"it is a run of cohort {recorded.name}, not of {cohort.name}"
    for key in _OF_CARD:
        then = getattr(recorded, key)
        if then != getattr(cohort.card, key):
            yield f"the card of cohort {cohort.name} had another {key} when it was made ({then})"
    manifest = hashlib.sha256((cohort.folder / MANIFEST_NAME).read_bytes()).hexdigest()
    if recorded.manifest_digest != manifest:
        yield f"the manifest of cohort {cohort.name} has changed since it was made"
    prints = {one.name: one.fingerprint for one in run.config.backbones}
    for backbone in backbones:
        if prints.get(backbone) != dataset.features[backbone].settings_digest:
            yield f"it was made from other embeddings of {backbone} than there are now"
    here = dataset.frames[_FRAME].drop_duplicates()
    there = run.predictions[_FRAME].drop_duplicates()
    both = len(here.merge(there, on=_FRAME))
    # where a device is left out, frames of a patient's other devices are not tested
    some_untested = bool(run.config.cross_validation.leave_out)
    # clips that could not be read then, and can be now, or the reverse
    if both < len(there) or (both < len(here) and not some_untested):
        yield (
            f"it was made from {len(there)} labelled frames, of which cohort {cohort.name} now has "
            f"{both}, and {len(here)} in all"
        )
    if recorded.media_digest != dataset.media_digest:
        yield (
            f"it was made from clips of other content than cohort {cohort.name} has under the same "
            "names now"
        )

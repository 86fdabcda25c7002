"""The cross-validation that stands behind a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lusscore.errors import RunError
from lusscore.evaluation import (
    PREDICTIONS_NAME,
    Rule,
    RunConfig,
    read_config,
    read_metrics,
    read_predictions,
)


@dataclass(frozen=True)
class RecordedRun:
    """A run and the model of it that is to be trained on all patients.

    Attributes
    ----------
    folder
        The run's.
    config
        ``config.toml``.
    metrics
        ``metrics.json``.
    model
        The model's name.
    predictions
        What it said of every labelled frame while the frame's patient was held out.
    clip_rule, zone_rule
        From frames to clips and zones, as the run has scored this model; where its folds chose
        several rules for clips, the run's own.
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

    Parameters
    ----------
    folder
        Of ``lusscore cv``.
    model
        Name, or the only part of it that tells it from others: ``"average"``; None for what was
        chosen inside the folds, where the run has that, else the run's first model. No model is
        picked by its result.

    Raises
    ------
    RunError
        If `folder` is no run folder, the run tests another cohort than it trains on, or it has
        no such model.
    """
    config = read_config(folder)
    if config.trained_on:
        raise RunError(
            f"{folder} is an external validation, which holds out a whole cohort; a bundle needs "
            "a run with folds of its own cohort: 'lusscore cv COHORT'."
        )
    name = _pick(folder, list(config.models), model)
    predictions = read_predictions(folder / PREDICTIONS_NAME)
    own = predictions[predictions["model"] == name].reset_index(drop=True)
    if own.empty:
        raise RunError(f"{folder} has no predictions of {name}; run 'lusscore cv' again.")
    metrics = read_metrics(folder)
    clip_rule, zone_rule = (_rule(config, metrics, level, name) for level in ("clip", "zone"))
    return RecordedRun(folder, config, metrics, name, own, clip_rule, zone_rule)


def _pick(folder: Path, models: Sequence[str], wanted: str | None) -> str:
    if not models:
        raise RunError(f"{folder} records no models; run 'lusscore cv' again.")
    if wanted is None:
        selected = [name for name in models if name.startswith("selected/")]
        return (selected or list(models))[0]
    found = [name for name in models if name == wanted] or [
        name for name in models if wanted in name
    ]
    if len(found) != 1:
        many = "several models" if found else "no model"
        raise RunError(
            f"{folder} has {many} that {wanted!r} names; expected one of {', '.join(models)}."
        )
    return found[0]


def _rule(config: RunConfig, metrics: Mapping[str, Any], level: str, model: str) -> Rule:
    """Return the rule that all folds have scored a model by, else the one that was asked for."""
    used = metrics.get("rules", {}).get(level, {}).get("folds", {}).get(model, {})
    if len(used) == 1:
        return Rule.parse(next(iter(used)))
    return Rule.parse(getattr(config.evaluation, f"{level}_rule"))

"""The models of a run folder, made again from what it records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lusscore.errors import HeadError, RunError
from lusscore.evaluation.feature_sets import split_names
from lusscore.evaluation.models import HeadChoice, Model
from lusscore.evaluation.rules import Rule
from lusscore.evaluation.run_config import RunConfig
from lusscore.evaluation.selection.nested import WAYS, Selection
from lusscore.heads import head_defaults, make_head

_FUSED = "-mean"


def recorded_model(config: RunConfig, name: str) -> Model:
    """Make a model of a run again, by its name, with the settings that the run records.

    Parameters
    ----------
    config
        What :func:`lusscore.evaluation.read_config` gives.
    name
        As in the run's tables, such as ``"xception[16.mean]+vgg16/softmax-mean"``.

    Raises
    ------
    RunError
        If the record has no such model, or not all of its settings.
    """
    return _parse(name, {head.name: head.settings for head in config.heads})


def recorded_selection(config: RunConfig) -> Selection:
    """Make again what a run chose from in each fold.

    Raises
    ------
    RunError
        If the run chose nothing, or its record is not that of a run.
    """
    record = config.selection
    if record is None:
        raise RunError(
            "The run chose nothing inside its folds; name one of its models, or make a run with "
            "'lusscore cv --select'."
        )
    seed = config.cross_validation.seed
    return Selection(
        candidates=tuple(_candidate(line, seed) for line in record.candidates),
        ways=tuple(way for way in record.ways if way in WAYS),
        criterion=record.criterion,
        clip_labels=record.level == "clip",
        folds=record.inner_folds,
        seed=seed,
        **({"rules": tuple(map(Rule.parse, record.rules))} if record.rules else {}),
    )


def _candidate(line: str, seed: int) -> Model:
    """Read ``name key=value, key=value``: what differs from the head's defaults."""
    name, _, told = line.partition(" ")
    head = name.rpartition("/")[2]
    settings = dict(head_defaults(head)) | {"seed": seed}
    for assignment in filter(None, told.split(", ")):
        key, _, text = assignment.partition("=")
        if key not in settings:
            raise RunError(f"The run's candidate {line!r} has an unknown setting {key!r}.")
        settings[key] = _typed(text, settings[key])
    return _parse(name, {head: settings})


def _typed(text: str, default: Any) -> Any:
    if isinstance(default, bool):
        return text == "True"
    return type(default)(text)


def _parse(name: str, heads: Mapping[str, Mapping[str, Any]]) -> Model:
    sets, _, head = name.rpartition("/")
    combination = "concatenate"
    if head.endswith(_FUSED) and head not in heads:
        head, combination = head.removesuffix(_FUSED), "mean"
    if not sets or head not in heads:
        raise RunError(
            f"The run has no model {name!r} whose head is recorded; expected one of the heads "
            f"{', '.join(heads)}."
        )
    try:
        make_head(head, **heads[head])
        features = split_names(sets)
    except HeadError as error:
        raise RunError(f"The run's model {name!r} cannot be made again: {error}") from None
    return Model(features, HeadChoice(head, dict(heads[head])), combination)

"""What may be selected in each fold: heads, settings and features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from lusscore.errors import RunError
from lusscore.evaluation.models import (
    FeatureSet,
    HeadChoice,
    Model,
    check_settings,
    parse_model,
)
from lusscore.evaluation.rules import STANDARD_RULES, Rule
from lusscore.evaluation.run_config import RunConfig, SelectionTable
from lusscore.heads import head_defaults

STRATEGIES = {"best": 1, "average": 5}
"""Name of a strategy → how many of the best candidates are averaged."""

Grid = Mapping[str, Sequence[Any]]

# A factor of ten apart: with a thousand numbers per embedding, C = 1 hardly regularises at all.
_STRENGTHS = (0.001, 0.01, 0.1)
_CONVEX = ("logistic", "ordinal", "svm")
# Attention over raw embeddings has far more weights than there are clips.
_OTHERS: dict[str, Grid] = {"mil": {"components": (64,)}}


@dataclass(frozen=True)
class NestedCV:
    """What a user asks to be selected inside the training patients.

    Attributes
    ----------
    strategies
        Any of `STRATEGIES`.
    heads
        At least one; settings that are given are kept.
    grids
        Per head, values to try of settings beside the usual ones.
    criterion
        One of ``nested.CRITERIA``.
    folds
        Parts that the training patients of a fold are divided into.
    """

    strategies: tuple[str, ...]
    heads: tuple[HeadChoice, ...]
    grids: Mapping[str, Grid] = field(default_factory=dict)
    criterion: str = "quadratic_kappa"
    folds: int = 4


@dataclass(frozen=True)
class Selection:
    """The same with all `candidates` listed, in the order in which equal ones are preferred.

    Each of the `strategies` gives a model. `criterion` is measured where the labels are: on clips,
    or, without `clip_labels`, on frames. The training patients of a fold are split into `folds`
    parts.
    """

    candidates: tuple[Model, ...]
    strategies: tuple[str, ...]
    criterion: str = "quadratic_kappa"
    clip_labels: bool = True
    folds: int = 4
    seed: int = 0
    rules: tuple[Rule, ...] = STANDARD_RULES

    def names(self) -> tuple[str, ...]:
        """Names of the models that it gives."""
        return tuple(selected_name(strategy) for strategy in self.strategies)


def selected_name(strategy: str) -> str:
    """Return the name of the model that a strategy selects."""
    return f"selected/{strategy}"


def list_candidates(
    features: Sequence[tuple[FeatureSet, ...]],
    heads: Sequence[HeadChoice],
    grids: Mapping[str, Grid],
    *,
    clip_labels: bool,
    seed: int,
) -> tuple[Model, ...]:
    """List every head with every setting to try on every set of features.

    Sets of features that stand together are one after the other; settings that a head is given are
    kept; `grids` has, per head, values to try beside, or in place of, those of
    :func:`default_grid`.

    Raises
    ------
    HeadError
        If a head has no such setting, or a value is out of its range.
    """
    choices = []
    for head in heads:
        tried = {**default_grid(head.name, clip_labels=clip_labels), **grids.get(head.name, {})}
        tried = {key: values for key, values in tried.items() if key not in head.settings}
        for values in product(*tried.values()):
            own = dict(zip(tried, values, strict=True))
            settings = head_defaults(head.name) | {"seed": seed} | dict(head.settings) | own
            choices.append(HeadChoice(head.name, settings))
            check_settings(choices[-1])
    return tuple(Model(one, choice) for one in features for choice in choices)


def default_grid(head: str, *, clip_labels: bool) -> Grid:
    """Return the values that are tried of each setting, none where a head's own are kept.

    With `clip_labels` a score was given to a clip and not to each frame: a clip is an example.
    """
    if head not in _CONVEX:
        return _OTHERS.get(head, {})
    return {"C": _STRENGTHS, "pooling": ("mean", "mean-std") if clip_labels else ("none",)}


def describe_settings(head: HeadChoice) -> str:
    """Write the settings in which a candidate differs from the head's defaults: ``C=0.01``."""
    defaults = head_defaults(head.name)
    return ", ".join(
        f"{key}={value}"
        for key, value in head.settings.items()
        if key != "seed" and defaults.get(key) != value
    )


def describe_selection(selection: Selection) -> SelectionTable:
    """Say for ``config.toml`` what could be selected."""
    return SelectionTable(
        strategies=tuple(selection.strategies),
        averaged={strategy: STRATEGIES[strategy] for strategy in selection.strategies},
        criterion=selection.criterion,
        level="clip" if selection.clip_labels else "frame",
        inner_folds=selection.folds,
        rules=tuple(rule.name for rule in selection.rules) if selection.clip_labels else (),
        candidates=tuple(
            " ".join(filter(None, (model.name, describe_settings(model.head))))
            for model in selection.candidates
        ),
    )


def recorded_selection(config: RunConfig) -> Selection:
    """Make again what a run selected from in each fold.

    Raises
    ------
    RunError
        If the run selected nothing, or its record is not that of a run.
    """
    record = config.selection
    if record is None:
        raise RunError(
            "The run selected nothing inside its folds; name one of its models, or make a run with "
            "'lusscore cv --select'."
        )
    seed = config.cross_validation.seed
    return Selection(
        candidates=tuple(_candidate(line, seed) for line in record.candidates),
        strategies=tuple(each for each in record.strategies if each in STRATEGIES),
        criterion=record.criterion,
        clip_labels=record.level == "clip",
        folds=record.inner_folds,
        seed=seed,
        **({"rules": tuple(map(Rule.parse, record.rules))} if record.rules else {}),
    )


def recorded_model(config: RunConfig, name: str) -> Model:
    """Make a model of a run again, with the settings that the run records.

    `name` is one of the run's tables, such as ``"xception[16.mean]+vgg16/softmax-mean"``.

    Raises
    ------
    RunError
        If the record has no such model, or not all of its settings.
    """
    return parse_model(name, {head.name: head.settings for head in config.heads})


def _candidate(line: str, seed: int) -> Model:
    """Read ``name key=value, key=value``: what differs from the head's defaults."""
    name, _, assignments = line.partition(" ")
    head = name.rpartition("/")[2]
    settings = head_defaults(head) | {"seed": seed}
    for assignment in filter(None, assignments.split(", ")):
        key, _, text = assignment.partition("=")
        if key not in settings:
            raise RunError(f"The run's candidate {line!r} has an unknown setting {key!r}.")
        kind = type(settings[key])
        settings[key] = text == "True" if kind is bool else kind(text)
    return parse_model(name, {head: settings})

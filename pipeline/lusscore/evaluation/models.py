"""Which models a cross-validation trains, and which it may select from in each fold.

A model is a head on features of one backbone or of several.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions, make_constraint

from lusscore.cohort import Level
from lusscore.errors import HeadError, RunError
from lusscore.evaluation.rules import STANDARD_RULES, Rule
from lusscore.evaluation.run_config import RunConfig, SelectionTable
from lusscore.heads import head_defaults, make_head

COMBINATIONS = ("concatenate", "mean")
STRATEGIES = {"best": 1, "average": 5}
"""Name of a strategy → how many of the best candidates are averaged."""

Grid = Mapping[str, Sequence[Any]]

# A factor of ten apart: with a thousand numbers per embedding, C = 1 hardly regularises at all.
_STRENGTHS = (0.001, 0.01, 0.1)
_CONVEX = ("logistic", "ordinal", "svm")
# Attention over raw embeddings has far more weights than there are clips.
_OTHERS: dict[str, Grid] = {"mil": {"components": (64,)}}
_FUSED = "-mean"
EMBEDDING = "embedding"
_JOINT = "+"
_APART = ";"
_SET = re.compile(r"([^+\[\]/; ]+)(?:\[([^\];]+)\])?")
_SETS = re.compile(rf"(?:{_SET.pattern}\+)*{_SET.pattern}")
_ALL_OF_EACH = re.compile(r"\(?([^()\[\]/; ]+)\)?\[([^\];]+(?:;[^\];]+)+)\]")


@dataclass(frozen=True)
class FeatureSet:
    """A backbone's embedding, or levels of it one after the other."""

    backbone: str
    levels: tuple[str, ...] = (EMBEDDING,)

    @property
    def name(self) -> str:
        """``xception``, or ``xception[embedding+16.mean]``."""
        if self.levels == (EMBEDDING,):
            return self.backbone
        return f"{self.backbone}[{_JOINT.join(self.levels)}]"


def parse_levels(text: str) -> tuple[str, ...]:
    """Read levels as a person writes them: ``embedding``, or ``32.top+32.middle+32.bottom``.

    Raises
    ------
    HeadError
        If one is no level, or is named twice.
    """
    levels = tuple(text.split(_JOINT))
    for level in levels:
        try:
            if level != EMBEDDING:
                Level.parse(level)
        except ValueError as error:
            raise HeadError(
                f"--levels {text}: {error} The embedding itself is called {EMBEDDING}."
            ) from None
        if levels.count(level) > 1:
            raise HeadError(f"--levels {text} names {level} twice; name each once.")
    return levels


def join_names(features: Sequence[FeatureSet]) -> str:
    """Name several sets together, so that :func:`split_names` gives them back.

    ``xception+vgg16``, or where several backbones or one have each of several levels,
    ``(xception+vgg16)[embedding;16.mean]``.
    """
    backbones = list(dict.fromkeys(one.backbone for one in features))
    levels = list(dict.fromkeys(one.levels for one in features))
    names = _JOINT.join(backbones)
    if len(levels) == 1 or list(features) != all_of_each(backbones, levels) or "(" in names:
        return _JOINT.join(one.name for one in features)
    if len(backbones) > 1:
        names = f"({names})"
    return f"{names}[{_APART.join(_JOINT.join(each) for each in levels)}]"


def split_names(text: str) -> tuple[FeatureSet, ...]:
    """Read what :func:`join_names` gives; raise :class:`HeadError` for anything else."""
    if (product := _ALL_OF_EACH.fullmatch(text)) is not None:
        levels = [parse_levels(each) for each in product[2].split(_APART)]
        return tuple(all_of_each(product[1].split(_JOINT), levels))
    if not _SETS.fullmatch(text):
        raise HeadError(f"the features {text!r} cannot be read.")
    return tuple(
        FeatureSet(match[1], parse_levels(match[2] or EMBEDDING)) for match in _SET.finditer(text)
    )


def all_of_each(backbones: Iterable[str], levels: Iterable[Sequence[str]]) -> list[FeatureSet]:
    """List all `levels` of all `backbones`, level by level."""
    names = tuple(backbones)
    return [FeatureSet(name, tuple(each)) for each in levels for name in names]


@dataclass(frozen=True)
class HeadChoice:
    """A head and its settings; `levels` are what it alone sees of a backbone, if anything."""

    name: str = "softmax"
    settings: Mapping[str, Any] = field(default_factory=dict)
    levels: tuple[tuple[str, ...], ...] = ()

    def features(self, shared: Sequence[FeatureSet]) -> tuple[FeatureSet, ...]:
        """Return the sets of features that it is trained on, given those that all heads see."""
        backbones = dict.fromkeys(one.backbone for one in shared)
        return tuple(all_of_each(backbones, self.levels) or shared)


@dataclass(frozen=True)
class Model:
    """One model: a head on what one backbone gives, or several.

    Of several `features`, the `combination` ``"concatenate"`` trains one head on all embeddings of
    a frame, one after the other, and ``"mean"`` averages the probabilities of the heads that are
    trained on each (late fusion).
    """

    features: tuple[FeatureSet, ...]
    head: HeadChoice
    combination: str = "concatenate"

    @property
    def name(self) -> str:
        """``xception/softmax``, ``xception+vgg16/softmax`` or ``xception+vgg16/softmax-mean``."""
        fused = _FUSED if self.is_mean else ""
        return f"{join_names(self.features)}/{self.head.name}{fused}"

    @property
    def is_mean(self) -> bool:
        """Whether it averages other models and trains nothing itself."""
        return len(self.features) > 1 and self.combination == "mean"

    def members(self) -> tuple[Model, ...]:
        """Return the models that it averages."""
        return tuple(Model((one,), self.head) for one in self.features)


def plan_models(
    features: Sequence[FeatureSet], heads: Sequence[HeadChoice], combine: Sequence[str] = ()
) -> tuple[Model, ...]:
    """List the models: every head on every set of features, then every head on all combined.

    The first head is reported first; `combine` is any of `COMBINATIONS`.

    Raises
    ------
    HeadError
        If a head is named twice, or there is nothing to combine.
    """
    name, times = Counter(head.name for head in heads).most_common(1)[0]
    if times > 1:
        raise HeadError(
            f"Head {name} is named twice; a run names its models by their heads, so give each "
            "once, and make another run for other settings."
        )
    unknown = sorted(set(combine) - set(COMBINATIONS))
    if unknown:
        raise HeadError(
            f"Backbones cannot be combined by {unknown[0]!r}; expected one of "
            f"{', '.join(COMBINATIONS)}."
        )
    if combine and len(features) < 2:
        raise HeadError(
            f"There is one set of features, {features[0].name}, and nothing to combine it with; "
            "name another backbone with --backbone, or leave out --combine."
        )
    alone = [Model((one,), head) for head in heads for one in head.features(features)]
    together = [
        Model(head.features(features), head, how)
        for how in dict.fromkeys(combine)
        for head in heads
    ]
    return (*alone, *together)


def parse_model(name: str, heads: Mapping[str, Mapping[str, Any]]) -> Model:
    """Make a model from its name and the settings of heads.

    Raises
    ------
    RunError
        If the name cannot be read, or there are no settings of its head.
    """
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


def check_settings(head: HeadChoice) -> None:
    """Refuse settings that a head does not have or whose value is out of its range.

    Raises
    ------
    HeadError
        If no head has that name, or a setting is unknown or not allowed.
    """
    ranges: dict[str, list[Any]] = getattr(make_head(head.name), "_parameter_constraints", {})
    for key, value in head.settings.items():
        allowed = [make_constraint(one) for one in ranges.get(key, ())]
        if allowed and not any(one.is_satisfied_by(value) for one in allowed):
            expected = " or ".join(filter(None, map(_in_words, allowed)))
            raise HeadError(
                f"Setting {key} of head {head.name} cannot be {value}; expected {expected}."
            )
    make_head(head.name, **head.settings)


def _in_words(allowed: Any) -> str:
    """Say what a setting may be, as ``a number from 0 to below 1``; empty for what is not typed."""
    if isinstance(allowed, StrOptions):
        return f"one of {', '.join(sorted(allowed.options))}"
    if not isinstance(allowed, Interval):
        text = str(allowed)
        return "true or false" if "bool" in text else "" if "dict" in text else text
    words = "a whole number" if "Integral" in str(allowed.type) else "a number"
    if allowed.left is not None:
        words += f" {'from' if allowed.closed in ('left', 'both') else 'above'} {allowed.left}"
    if allowed.right is not None:
        words += f" {'to' if allowed.closed in ('right', 'both') else 'to below'} {allowed.right}"
    return words


@dataclass(frozen=True)
class NestedCV:
    """What a user asks to be selected inside the training patients.

    `strategies` are any of `STRATEGIES`; settings given to `heads`, at least one, are kept; `grids`
    has, per head, values to try of settings beside the usual ones; `criterion` is one of
    ``crossval.CRITERIA``; the training patients of a fold are divided into `folds` parts.
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
    or, without `clip_labels`, on frames.
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
        rules=tuple(map(Rule.parse, record.rules)) or STANDARD_RULES,
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

"""Which models a cross-validation trains: a head on features of one backbone or of several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions, make_constraint

from lusscore.cohort import Level
from lusscore.errors import HeadError, RunError
from lusscore.heads import make_head

COMBINATIONS = ("concatenate", "mean")
_FUSED = "-mean"
EMBEDDING = "embedding"
_JOINT = "+"
_APART = ";"
_SET = re.compile(r"([^+\[\]/; ]+)(?:\[([^\];]+)\])?")
_ALL_OF_EACH = re.compile(r"\(?([^()\[\]/; ]+)\)?\[([^\];]+(?:;[^\];]+)+)\]")


@dataclass(frozen=True)
class FeatureSet:
    """A backbone's embedding, or levels of it one after the other.

    Attributes
    ----------
    backbone
        Its name.
    levels
        Levels in the order in which they stand, ``"embedding"`` being the embedding itself.
    """

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
    backbones = tuple(dict.fromkeys(one.backbone for one in features))
    levels = tuple(dict.fromkeys(one.levels for one in features))
    names = _JOINT.join(backbones)
    product = tuple(_all_of_each(backbones, levels))
    if len(levels) == 1 or tuple(features) != product or "(" in names:
        return _JOINT.join(one.name for one in features)
    if len(backbones) > 1:
        names = f"({names})"
    return f"{names}[{_APART.join(_JOINT.join(each) for each in levels)}]"


def split_names(text: str) -> tuple[FeatureSet, ...]:
    """Read what :func:`join_names` gives; raise :class:`HeadError` for anything else."""
    if (product := _ALL_OF_EACH.fullmatch(text)) is not None:
        levels = [parse_levels(each) for each in product[2].split(_APART)]
        return tuple(_all_of_each(product[1].split(_JOINT), levels))
    found: list[FeatureSet] = []
    place = 0
    while place < len(text):
        match = _SET.match(text, place)
        if match is None or text[match.end() : match.end() + 1] not in ("", _JOINT):
            raise HeadError(f"the features {text!r} cannot be read.")
        found.append(FeatureSet(match[1], parse_levels(match[2] or EMBEDDING)))
        place = match.end() + 1
    return tuple(found)


def _all_of_each(
    backbones: Sequence[str], levels: Sequence[tuple[str, ...]]
) -> Iterator[FeatureSet]:
    return (FeatureSet(name, each) for each in levels for name in backbones)


@dataclass(frozen=True)
class HeadChoice:
    """A head and its settings.

    Attributes
    ----------
    name
        Registered name.
    settings
        Keyword arguments of the head.
    levels
        What it alone sees of a backbone; empty for what all heads of the run see.
    """

    name: str = "softmax"
    settings: Mapping[str, Any] = field(default_factory=dict)
    levels: tuple[tuple[str, ...], ...] = ()

    def features(self, shared: Sequence[FeatureSet]) -> tuple[FeatureSet, ...]:
        """Return the sets of features that it is trained on, given those that all heads see."""
        backbones = dict.fromkeys(one.backbone for one in shared)
        return tuple(FeatureSet(name, each) for each in self.levels for name in backbones) or tuple(
            shared
        )


@dataclass(frozen=True)
class Model:
    """One model: a head on what one backbone gives, or several.

    Attributes
    ----------
    features
        One set, or several in the order in which they stand.
    head
        What is trained.
    combination
        How several become one: ``"concatenate"`` trains one head on all embeddings of a frame,
        one after the other; ``"mean"`` averages the probabilities of the heads that are trained
        on each (late fusion).
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
    names = [head.name for head in heads]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise HeadError(
            f"Head {twice[0]} is named twice; a run names its models by their heads, so give each "
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
    """Say what a setting may be; empty for what nobody can type."""
    if isinstance(allowed, Interval):
        return _range(allowed)
    if isinstance(allowed, StrOptions):
        return f"one of {', '.join(sorted(allowed.options))}"
    text = str(allowed)
    return "true or false" if "bool" in text else "" if "dict" in text else text


def _range(allowed: Interval) -> str:
    """Say what numbers an interval holds: ``a number from 0 to below 1``."""
    words = ["a whole number" if "Integral" in str(allowed.type) else "a number"]
    if allowed.left is not None:
        words.append(f"{'from' if allowed.closed in ('left', 'both') else 'above'} {allowed.left}")
    if allowed.right is not None:
        words.append(
            f"{'to' if allowed.closed in ('right', 'both') else 'to below'} {allowed.right}"
        )
    return " ".join(words)

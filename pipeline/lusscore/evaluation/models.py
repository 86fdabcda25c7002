"""Which models a cross-validation trains: backbones, alone or combined, with heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lusscore.errors import HeadError
from lusscore.evaluation.feature_sets import FeatureSet, join_names

COMBINATIONS = ("concatenate", "mean")


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
        """``xception/softmax``, ``xception+vgg16/softmax`` or ``xception+vgg16/softmax-mean``.

        See :func:`lusscore.evaluation.feature_sets.join_names`.
        """
        fused = "-mean" if self.is_mean else ""
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

    Parameters
    ----------
    features
        At least one.
    heads
        What to train, at least one; the first is reported first.
    combine
        Any of `COMBINATIONS`.

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

"""Which models a cross-validation trains: backbones, alone or combined, with heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lusscore.errors import HeadError

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
    """

    name: str = "softmax"
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """One model: a head on the embeddings of one backbone or of several.

    Attributes
    ----------
    backbones
        One, or several in the order in which their embeddings stand.
    head
        What is trained.
    combination
        How several become one: ``"concatenate"`` trains one head on all embeddings of a frame,
        one after the other; ``"mean"`` averages the probabilities of the heads that are trained
        on each (late fusion).
    """

    backbones: tuple[str, ...]
    head: HeadChoice
    combination: str = "concatenate"

    @property
    def name(self) -> str:
        """``xception/softmax``, ``xception+vgg16/softmax`` or ``xception+vgg16/softmax-mean``."""
        fused = "-mean" if self.is_mean else ""
        return f"{'+'.join(self.backbones)}/{self.head.name}{fused}"

    @property
    def is_mean(self) -> bool:
        """Whether it averages other models and trains nothing itself."""
        return len(self.backbones) > 1 and self.combination == "mean"

    def members(self) -> tuple[Model, ...]:
        """Return the models that it averages."""
        return tuple(Model((backbone,), self.head) for backbone in self.backbones)


def plan_models(
    backbones: Sequence[str], heads: Sequence[HeadChoice], combine: Sequence[str] = ()
) -> tuple[Model, ...]:
    """List the models: every head on every backbone, then every head on all of them combined.

    Parameters
    ----------
    backbones
        Names, at least one.
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
    if combine and len(backbones) < 2:
        raise HeadError(
            f"There is one backbone, {backbones[0]}, and nothing to combine it with; name another "
            "with --backbone, or leave out --combine."
        )
    alone = [Model((backbone,), head) for head in heads for backbone in backbones]
    together = [
        Model(tuple(backbones), head, how) for how in dict.fromkeys(combine) for head in heads
    ]
    return (*alone, *together)

"""The registry of rules, and how a rule is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lusscore.errors import RunError
from lusscore.evaluation.rules.grouped_frames import GroupedFrames
from lusscore.registry import Plugin, Registry

Decision = tuple[NDArray[np.int64], NDArray[np.float64]]
_Decide = TypeVar("_Decide", bound=Callable[..., Decision])
# what a form ends in where it takes a number, and how that number is written
_NUMBERS = {"K": r"([1-9]\d{0,5})", "X%": r"(\d{1,3}(?:\.\d{1,3})?)%", "": ""}


@dataclass(frozen=True)
class _Kind:
    stem: str
    unit: str
    says: str
    probabilities: str
    decide: Callable[..., Decision]


_KINDS = Registry[_Kind]("rule", RunError, "lusscore.rules")


def register_rule(
    form: str, says: str, *, probabilities: str = "the mean over all its frames"
) -> Callable[[_Decide], _Decide]:
    """Register the function that decides by a rule.

    Parameters
    ----------
    form
        How the rule is written, ending in ``K`` where it takes a number of frames (from 1), or in
        ``X%`` where it takes a share of them (above 0, at most 100).
    says
        The score it gives, as a clause that follows "is", with ``{}`` for the number.
    probabilities
        What the probabilities it gives are, as a clause that follows "are".

    Raises
    ------
    RunError
        If the form is taken.
    """

    def register(decide: _Decide) -> _Decide:
        unit = next(each for each in _NUMBERS if form.endswith(each))
        kind = _Kind(form.removesuffix(unit), unit, says, probabilities, decide)
        _KINDS.register(form, kind, decide)
        return decide

    return register


def rule_forms() -> tuple[str, ...]:
    """How rules are written, the paper's first."""
    return tuple(_KINDS)


@dataclass(frozen=True)
class Rule:
    """A rule by which frames give the score of their clip or zone.

    Attributes
    ----------
    name
        As it is written: ``"majority"``, ``"top-5"``, ``"highest-in-20%"``.
    says
        The score it gives, as a clause that follows "is".
    probabilities
        What the probabilities it gives are, as a clause that follows "are".
    plugin
        That it is of; None for lusscore's own.
    """

    name: str
    says: str = field(compare=False)
    probabilities: str = field(compare=False)
    _decide: Callable[..., Decision] = field(compare=False, repr=False)
    _numbers: tuple[float, ...] = field(compare=False, repr=False)
    plugin: Plugin | None = field(compare=False, repr=False, default=None)

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read a rule as a person writes it.

        Raises
        ------
        RunError
            If there is no such rule; those that there are are listed.
        """
        for form, kind in _KINDS.items():
            found = re.fullmatch(re.escape(kind.stem) + _NUMBERS[kind.unit], text)
            numbers = tuple(float(number) for number in found.groups()) if found else ()
            if found and (kind.unit != "X%" or 0 < numbers[0] <= 100):
                number = "".join(f"{each:g}" for each in numbers)
                name = kind.stem + number + kind.unit.lstrip("KX")
                says = kind.says.format(number)
                return cls(
                    name, says, kind.probabilities, kind.decide, numbers, _KINDS.plugin(form)
                )
        raise RunError(
            f"Unknown rule {text!r}; expected one of {', '.join(_KINDS)}, K being a number of "
            "frames from 1 and X a percentage above 0 and up to 100, as in top-5 and top-20%."
        )

    def decide(self, frames: GroupedFrames) -> Decision:
        """Score every group.

        Returns
        -------
        scores
            0–3, int64, shape (groups,).
        probabilities
            Of the scores 0–3, float64, shape (groups, 4); each rule says what they are.
        """
        return self._decide(frames, *self._numbers)

    def score(self, probabilities: ArrayLike) -> tuple[int, NDArray[np.float64]]:
        """Score one clip or zone from the probabilities of its frames, shape (frames, 4)."""
        scores, means = self.decide(GroupedFrames.of(probabilities))
        return int(scores[0]), means[0]

    def __str__(self) -> str:
        return self.name

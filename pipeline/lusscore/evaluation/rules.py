"""From the frames of a clip or zone to its score: rules, by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lusscore.cohort import MAXIMUM_ZONE_SCORE
from lusscore.errors import RunError
from lusscore.evaluation.predictions import SCORES, count_scores, predicted_scores
from lusscore.registry import Plugin, Registry

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Decision = tuple[IntArray, FloatArray]
_Decide = TypeVar("_Decide", bound=Callable[..., Decision])

# sums of the same frames in another order differ in the last digits; scores must not
_DECIMALS = 9
# what a form ends in where it takes a number, and how that number is written
_NUMBERS = {"K": r"([1-9]\d{0,5})", "X%": r"(\d{1,3}(?:\.\d{1,3})?)%", "": ""}


@dataclass(frozen=True)
class GroupedFrames:
    """Frames of many clips or zones, group after group, so that a rule decides all at once.

    Attributes
    ----------
    probabilities
        Of the scores 0–3, float64, shape (frames, 4).
    starts
        First row of each group, rising from 0, int64, shape (groups,).
    """

    probabilities: FloatArray
    starts: IntArray

    @classmethod
    def of(cls, probabilities: ArrayLike, group: ArrayLike) -> GroupedFrames:
        """Bring frames in any order together.

        `group`, shape (frames,), says which group each is of: whole numbers from 0, each at least
        once.
        """
        number = np.asarray(group)
        order = np.argsort(number, kind="stable")
        starts = np.flatnonzero(np.diff(number[order], prepend=-1))
        return cls(np.asarray(probabilities, dtype=np.float64)[order], starts.astype(np.int64))

    @cached_property
    def sizes(self) -> IntArray:
        """Frames of each group, shape (groups,)."""
        return np.diff(self.starts, append=len(self.probabilities)).astype(np.int64)

    @cached_property
    def group(self) -> IntArray:
        """Group of each frame, shape (frames,)."""
        return np.repeat(np.arange(len(self.starts)), self.sizes)

    @cached_property
    def scores(self) -> IntArray:
        """Most probable score of each frame, the higher of equal ones, shape (frames,)."""
        return predicted_scores(self.probabilities)

    @cached_property
    def counts(self) -> IntArray:
        """Frames of each group with each predicted score, shape (groups, 4)."""
        return count_scores(self.group, self.scores, len(self.starts))

    @cached_property
    def expected(self) -> FloatArray:
        """Expected score Σ k·p_k of each frame, shape (frames,)."""
        weighted = (self.probabilities * np.array(SCORES)).sum(1)
        return np.asarray(weighted.round(_DECIMALS))

    @cached_property
    def mean_probabilities(self) -> FloatArray:
        """Mean over the frames of each group, to nine decimals, shape (groups, 4)."""
        return self.mean(self.probabilities)

    def mean(self, values: NDArray[Any]) -> FloatArray:
        """Mean of `values`, shape (frames, ...), over each group, to nine decimals."""
        sums = np.add.reduceat(values, self.starts, axis=0)
        sizes = self.sizes.reshape(-1, *(1,) * (values.ndim - 1))
        return np.asarray((sums / sizes).round(_DECIMALS), dtype=np.float64)

    def of_groups(self, wanted: NDArray[np.bool_]) -> GroupedFrames:
        """Take the groups for which `wanted`, shape (groups,), holds."""
        return self.kept(np.flatnonzero(wanted[self.group]), self.sizes[wanted])

    def kept(self, order: IntArray, sizes: IntArray) -> GroupedFrames:
        """Take rows in `order`, group after group, of which each group has `sizes`."""
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        return GroupedFrames(self.probabilities[order], starts.astype(np.int64))


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

    It takes :class:`GroupedFrames`, and the number if there is one, and returns scores 0–3 (int64,
    shape (groups,)) and probabilities (float64, shape (groups, 4)).

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
    says, probabilities
        The score it gives, as a clause that follows "is", and what its probabilities are, as one
        that follows "are".
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
        """Return scores 0–3, shape (groups,), and probabilities of each, shape (groups, 4)."""
        return self._decide(frames, *self._numbers)

    def score(self, probabilities: ArrayLike) -> tuple[int, FloatArray]:
        """Score one clip or zone from the probabilities of its frames, shape (frames, 4)."""
        given = np.asarray(probabilities, dtype=np.float64)
        scores, means = self.decide(GroupedFrames(given, np.zeros(1, dtype=np.int64)))
        return int(scores[0]), means[0]

    def __str__(self) -> str:
        return self.name


def majority_score(counts: NDArray[np.integer]) -> IntArray:
    """Score by the majority of frames; of equally frequent scores, the higher.

    Raillard et al. 2022 give a zone the score most of its frames have and do not say what a
    tie gives. The higher score is the one that errs towards the sicker lung.

    `counts` has the frames per score 0–3 along the last axis: (..., 4) gives (...).
    """
    from_highest = np.argmax(counts[..., ::-1], axis=-1)
    return np.asarray(MAXIMUM_ZONE_SCORE - from_highest, dtype=np.int64)


@register_rule("majority", "the score that most of its frames have, the higher on a tie")
def _majority(frames: GroupedFrames) -> Decision:
    return majority_score(frames.counts), frames.mean_probabilities


@register_rule(
    "mean-probability",
    "the most probable one by the mean probabilities of its frames, the higher on a tie",
)
def _mean_probability(frames: GroupedFrames) -> Decision:
    return predicted_scores(frames.mean_probabilities), frames.mean_probabilities


@register_rule(
    "expected",
    "the mean over its frames of the expected score (each score times its probability), rounded, "
    "halves upwards",
)
def _expected(frames: GroupedFrames) -> Decision:
    # of single numbers the mean has the least squared error, which is what quadratic kappa counts;
    # it lies between scores that are equally probable, so that it may give one that no frame has
    rounded = np.floor(frames.mean(frames.expected) + 0.5).astype(np.int64)
    return np.minimum(rounded, MAXIMUM_ZONE_SCORE), frames.mean_probabilities


@register_rule("worst", "the highest score of any of its frames")
def _worst(frames: GroupedFrames) -> Decision:
    # probabilities rank clips by all that was seen, and need not be highest for the score given
    return np.maximum.reduceat(frames.scores, frames.starts), frames.mean_probabilities


_THOSE = "the mean over those frames"
_SAYS = "the most probable one by the mean probabilities of {}, the higher on a tie"


@register_rule(
    "top-K", _SAYS.format("its {} frames of highest expected score"), probabilities=_THOSE
)
def _top_count(frames: GroupedFrames, count: float) -> Decision:
    return _top(frames, np.minimum(frames.sizes, int(count)))


@register_rule(
    "top-X%",
    _SAYS.format("the {} % of its frames with the highest expected score"),
    probabilities=_THOSE,
)
def _top_share(frames: GroupedFrames, percentage: float) -> Decision:
    # up to whole frames; without rounding first, 20 % of 5 frames may be 1.0000000000000002 of them
    kept = np.ceil((frames.sizes * percentage / 100).round(6))
    return _top(frames, kept.astype(np.int64))


def _top(frames: GroupedFrames, kept: IntArray) -> Decision:
    # frames of equal expected score go by their probabilities, never by their place in the clip
    keys = (*frames.probabilities.T, frames.expected)
    order = np.lexsort((*(-key for key in keys), frames.group))
    place = np.arange(len(order)) - np.repeat(frames.starts, frames.sizes)
    top = frames.kept(order[place < np.repeat(kept, frames.sizes)], kept)
    return predicted_scores(top.mean_probabilities), top.mean_probabilities


@register_rule("highest-in-X%", "the highest score that at least {} % of its frames reach")
def _highest_in(frames: GroupedFrames, percentage: float) -> Decision:
    # with a percentage that one frame makes up it is `worst`, with 50 the (upper) median
    reaching = np.cumsum(frames.counts[:, ::-1], axis=1)[:, ::-1]
    needed = (frames.sizes * percentage / 100).round(6)
    # every frame reaches 0, so at least one score always qualifies
    reached = (reaching >= needed[:, None]).sum(1) - 1
    return reached.astype(np.int64), frames.mean_probabilities


MAJORITY = Rule.parse("majority")
_STANDARD = ("mean-probability", "expected", "worst", "top-5", "top-20%", "highest-in-20%")
STANDARD_RULES = (MAJORITY, *map(Rule.parse, _STANDARD))

"""Stretches of a clip over which the same raters say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from lusscore.cohort.rater_rules import UNNAMED

END = float("inf")
"""Where a span ends whose `frame_end` is None."""


class Scored(Protocol):
    """What tells the score that a rater gave to frames of a clip: a span, or a rating."""

    @property
    def frame_start(self) -> int:
        """First frame."""

    @property
    def frame_end(self) -> int | None:
        """The frame after the last; None where that is the clip's."""

    @property
    def score(self) -> int | None:
        """0–3; None for no opinion."""

    @property
    def rater(self) -> str:
        """Who; may be empty."""


@dataclass(frozen=True)
class Stretch:
    """Frames of a clip, and who gave them which score.

    Attributes
    ----------
    start, end
        Half-open range of frame numbers; the end may be infinite.
    scores
        Rater → score 0–3; empty where nobody gave one.
    """

    start: int
    end: float
    scores: Mapping[str, int]


class TwoScoresError(ValueError):
    """One rater gave two scores to the same frame; the text tells who and where."""


def cut_into_stretches(spans: Sequence[Scored]) -> Iterator[Stretch]:
    """Cut one clip wherever a span of any rater begins or ends.

    Parameters
    ----------
    spans
        All spans of one clip, of any raters; a score of None is no opinion.

    Yields
    ------
    Stretch
        In order, without what no span covers.

    Raises
    ------
    TwoScoresError
        If a rater gave two scores to one frame.
    """
    edges = sorted({edge for span in spans for edge in (span.frame_start, frame_end(span))})
    waiting = sorted(spans, key=lambda span: span.frame_start, reverse=True)
    inside: list[Scored] = []
    for start, end in pairwise(edges):
        inside = [span for span in inside if frame_end(span) > start]
        while waiting and waiting[-1].frame_start <= start:
            inside.append(waiting.pop())
        if inside:
            yield Stretch(int(start), end, _scores(inside, int(start)))


def frame_end(span: Scored) -> float:
    """Return a span's end, infinite where it is the clip's."""
    return END if span.frame_end is None else span.frame_end


def _scores(spans: Sequence[Scored], frame: int) -> dict[str, int]:
    scores: dict[str, int] = {}
    for span in spans:
        if span.score is None:
            continue
        rater = span.rater or UNNAMED
        if scores.setdefault(rater, span.score) != span.score:
            raise TwoScoresError(
                f"{'a rater without a name' if rater is UNNAMED else f'rater {rater!r}'} gave "
                f"frame {frame} the scores {scores[rater]} and {span.score}; "
                "expected one score from each rater"
            )
    return scores

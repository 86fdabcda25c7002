"""Labelled segments of clips: rows of a manifest or of ratings, and the frames they are about."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, Protocol, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, ValidationInfo

from lusscore.cohort.protocols import MAXIMUM_ZONE_SCORE
from lusscore.errors import Problem
from lusscore.records import STRICT

END = float("inf")
"""Where a segment ends whose `frame_end` is None."""

UNNAMED = "unnamed"
"""What a rater is called whose name the source does not tell."""

# a table may have columns of the user's own
ROW = ConfigDict(**{**STRICT, "extra": "ignore"})
_SCORES = tuple(str(score) for score in range(MAXIMUM_ZONE_SCORE + 1))


def _score(cell: object) -> object:
    if cell is not None and str(cell) not in _SCORES:
        raise ValueError(f"{cell!r} is not allowed; expected {', '.join(_SCORES)}")
    return None if cell is None else int(str(cell))


def _frame(cell: object) -> int | None:
    if cell is None:
        return None
    if not re.fullmatch("[0-9]{1,9}", str(cell)):
        raise ValueError(f"{cell!r} is not allowed; expected a frame number from 0 or nothing")
    return int(str(cell))


def _check_end(start: int, end: int | None) -> None:
    if end is not None and end <= start:
        raise ValueError(f"{end} is not above frame_start {start}; the end is exclusive")


def _above_start(end: int | None, info: ValidationInfo) -> int | None:
    _check_end(info.data.get("frame_start", -1), end)
    return end


def _known_zone(zone: str, info: ValidationInfo) -> str:
    protocol = info.context
    if zone and protocol is not None and zone not in protocol.zone_names:
        raise ValueError(
            f"{zone!r} is not a zone of {protocol.name}; "
            f"expected one of {', '.join(protocol.zone_names)} or nothing"
        )
    return zone


Score = Annotated[int, BeforeValidator(_score)]
FrameStart = Annotated[int, BeforeValidator(_frame)]
FrameEnd = Annotated[int | None, BeforeValidator(_frame), AfterValidator(_above_start)]


@dataclass(frozen=True)
class Segment:
    """One row of a manifest: a labelled segment of a clip.

    Attributes
    ----------
    clip
        Path as written in the manifest: relative to it, or absolute.
    patient, exam
        Whom and when.
    zone
        Where; empty when unknown, which leaves the segment out of zone and exam scores.
    score
        0–3, or None when unlabelled.
    frame_start, frame_end
        Half-open range of frame numbers; an end of None means the clip's last frame.
    group
        Stratum, e.g. ``"covid"`` or ``"healthy"``; empty when unknown.
    device, rater
        Free text; empty when unknown.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ROW

    clip: str
    patient: str
    exam: str
    zone: Annotated[str, AfterValidator(_known_zone)] = ""
    score: Score | None = None
    frame_start: FrameStart = 0
    frame_end: FrameEnd = None
    group: str = ""
    device: str = ""
    rater: str = ""


class Scored(Protocol):
    """What tells the score that a rater gave to frames of a clip: a segment, or a rating."""

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


_Row = TypeVar("_Row", bound=Scored)


@dataclass(frozen=True)
class RatedSegment:
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


def cut_into_rated_segments(segments: Sequence[Scored]) -> Iterator[RatedSegment]:
    """Cut one clip wherever a segment of any rater begins or ends.

    Parameters
    ----------
    segments
        All segments of one clip, of any raters; a score of None is no opinion.

    Yields
    ------
    RatedSegment
        In order, without what no segment covers.

    Raises
    ------
    TwoScoresError
        If a rater gave two scores to one frame.
    """
    edges = sorted(
        {edge for segment in segments for edge in (segment.frame_start, frame_end(segment))}
    )
    waiting = sorted(segments, key=lambda segment: segment.frame_start, reverse=True)
    inside: list[Scored] = []
    for start, end in pairwise(edges):
        inside = [segment for segment in inside if frame_end(segment) > start]
        while waiting and waiting[-1].frame_start <= start:
            inside.append(waiting.pop())
        if inside:
            yield RatedSegment(int(start), end, _scores(inside, int(start)))


def frame_end(segment: Scored) -> float:
    """Return a segment's end, infinite where it is the clip's."""
    return END if segment.frame_end is None else segment.frame_end


def _scores(segments: Sequence[Scored], frame: int) -> dict[str, int]:
    scores: dict[str, int] = {}
    for segment in segments:
        if segment.score is None:
            continue
        rater = segment.rater or UNNAMED
        if scores.setdefault(rater, segment.score) != segment.score:
            raise TwoScoresError(
                f"{'a rater without a name' if rater is UNNAMED else f'rater {rater!r}'} gave "
                f"frame {frame} the scores {scores[rater]} and {segment.score}; "
                "expected one score from each rater"
            )
    return scores


def read_frame_range(
    cells: Mapping[str, str], note: Callable[[str, str], None]
) -> tuple[int, int | None]:
    """Read ``frame_start`` and ``frame_end`` of a row; either may be empty or missing.

    Parameters
    ----------
    cells
        The row, stripped.
    note
        Called with column and what is wrong with it.
    """
    bounds: dict[str, int | None] = {"frame_start": 0, "frame_end": None}
    for column in bounds:
        cell = cells.get(column, "")
        try:
            bounds[column] = _frame(cell) if cell else bounds[column]
        except ValueError as error:
            note(column, str(error))
    start, end = bounds["frame_start"] or 0, bounds["frame_end"]
    try:
        _check_end(start, end)
    except ValueError as error:
        note("frame_end", str(error))
    return start, end


def find_overlaps(
    rows: Iterable[tuple[int, _Row]], key: Callable[[_Row], Hashable], what: str
) -> list[Problem]:
    """Find rows of one key whose frames overlap.

    Parameters
    ----------
    rows
        Pairs of line and row.
    key
        What rows must share for an overlap to be wrong.
    what
        The end of the sentence, after "the frames overlap those of line 3 of the same ".
    """
    alike: dict[Hashable, list[tuple[int, _Row]]] = {}
    for line, row in rows:
        alike.setdefault(key(row), []).append((line, row))
    problems = []
    for group in alike.values():
        group.sort(key=lambda pair: pair[1].frame_start)
        for (line_a, a), (line_b, b) in pairwise(group):
            if a.frame_end is None or b.frame_start < a.frame_end:
                line, other = max(line_a, line_b), min(line_a, line_b)
                problems.append(
                    Problem(
                        f"line {line}, column frame_start",
                        f"the frames overlap those of line {other} of the same {what}",
                    )
                )
    return problems

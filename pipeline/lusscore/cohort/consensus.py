"""One score for each labelled segment of a clip, from those of several raters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from lusscore.cohort.segments import END, UNNAMED, Rating, Segment, frame_end
from lusscore.errors import CohortError, InvalidCohortError, Problem

_NAMED = "rater:"
_WHERE = "what the raters said"
_T = TypeVar("_T")


@dataclass(frozen=True)
class RatedSegment:
    """Frames of a clip, and who gave them which score."""

    start: int
    end: float  # the frame after the last; may be infinite
    scores: Mapping[str, int]  # rater → score 0–3; empty where nobody gave one


class TwoScoresError(ValueError):
    """One rater gave two scores to the same frame; the text says who and where."""


def cut_into_rated_segments(
    segments: Sequence[Segment] | Sequence[Rating],
) -> Iterator[RatedSegment]:
    """Cut one clip wherever a segment of any rater begins or ends.

    A score of None is no opinion. Yields in order, without what no segment covers.

    Raises
    ------
    TwoScoresError
        If a rater gave two scores to one frame.
    """
    rows: Sequence[Segment | Rating] = segments
    edges = sorted({edge for one in rows for edge in (one.frame_start, frame_end(one))})
    waiting = sorted(rows, key=lambda one: one.frame_start, reverse=True)
    inside: list[Segment | Rating] = []
    for start, end in pairwise(edges):
        inside = [one for one in inside if frame_end(one) > start]
        while waiting and waiting[-1].frame_start <= start:
            inside.append(waiting.pop())
        if inside:
            yield RatedSegment(int(start), end, _scores(inside, int(start)))


def _scores(segments: Iterable[Segment | Rating], frame: int) -> dict[str, int]:
    scores: dict[str, int] = {}
    for one in segments:
        if one.score is None:
            continue
        rater = one.rater or UNNAMED
        if scores.setdefault(rater, one.score) != one.score:
            raise TwoScoresError(
                f"{'a rater without a name' if rater is UNNAMED else f'rater {rater!r}'} gave "
                f"frame {frame} the scores {scores[rater]} and {one.score}; "
                "expected one score from each rater"
            )
    return scores


@dataclass(frozen=True)
class RaterRule:
    """A rule that makes one score, or None, of those of at least one rater."""

    name: str  # as the user writes it
    decide: Callable[[Mapping[str, int]], int | None]
    rater: str | None = None  # whose scores alone count


def parse_rule(text: str | None, raters: Collection[str]) -> RaterRule:
    """Read ``majority`` (also None), ``mean`` or ``rater:<name>``.

    Raises
    ------
    CohortError
        If there is no such rule, or it names none of `raters`.
    """
    if text is None or text == "majority":
        return RaterRule("majority", _majority)
    if text == "mean":
        return RaterRule("mean", _mean)
    there = ", ".join(sorted(raters)) or "none at all"
    if not text.startswith(_NAMED):
        raise CohortError(
            f"unknown rule {text!r} for several raters; expected majority, mean or "
            f"{_NAMED}NAME, where NAME is one of the raters here: {there}"
        )
    name = text.removeprefix(_NAMED)
    if name not in raters:
        raise CohortError(f"no rater {name!r} gave scores here; expected one of {there}")
    return RaterRule(text, lambda scores: scores.get(name), name)


def _majority(scores: Mapping[str, int]) -> int | None:
    counts = Counter(scores.values()).most_common(2)
    return None if len(counts) == 2 and counts[0][1] == counts[1][1] else counts[0][0]


def _mean(scores: Mapping[str, int]) -> int:
    # in whole numbers, since round() takes 1.5 and 2.5 both to 2
    return (2 * sum(scores.values()) + len(scores)) // (2 * len(scores))


@dataclass(frozen=True)
class Consensus:
    """A data set in which every frame has at most one score."""

    segments: tuple[Segment, ...]  # of a manifest: no two of one clip overlap
    ratings: tuple[Rating, ...] = ()  # of each rater; empty where all scores are of one rater
    ties: tuple[Segment, ...] = ()  # unlabelled, as many raters gave one score as another


def consensus_labels(segments: Sequence[Segment], rule: str | None = None) -> Consensus:
    """Make one score of those of several raters, and keep each rater's.

    A clip with several raters is cut wherever any rater's segment begins or ends; `rule` is applied
    to the scores of exactly those raters who scored a piece; neighbouring pieces of equal outcome
    become one segment again. A clip that one rater scored keeps its segments as they are.

    Parameters
    ----------
    segments
        Any number for each clip, each with its rater; a score of None is no opinion.
    rule
        ``"majority"`` (None means that too): the score that most raters gave; where two scores
        have equally many raters, there is a tie and no score. ``"mean"``: the mean, rounded half
        up, so that 1 and 2 give 2. ``"rater:<name>"``: what that rater said, and no score
        elsewhere.

    Raises
    ------
    CohortError
        If there is no such rule or rater.
    InvalidCohortError
        If a rater gave one frame two scores, or raters disagree on whose clip it is or where:
        all such clips are named.
    """
    raters = {segment.rater or UNNAMED for segment in segments if segment.score is not None}
    chosen = parse_rule(rule, raters)
    by_clip: dict[str, list[Segment]] = {}
    for segment in segments:
        by_clip.setdefault(segment.clip, []).append(segment)
    problems: list[Problem] = []
    agreed: list[Segment] = []
    ties: list[Segment] = []
    ratings: list[Rating] = []
    for clip, rows in by_clip.items():
        owner = _owner(rows, problems)
        try:
            pieces = list(cut_into_rated_segments(rows))
        except TwoScoresError as error:
            problems.append(Problem(_WHERE, str(error), clip))
            continue
        ratings += _ratings(clip, pieces)
        if chosen.rater is None and _one_opinion(rows):
            agreed += rows
            continue
        decided = _decide(owner, pieces, chosen)
        agreed += decided
        # a segment without a score has a rater only where several could not agree
        ties += [segment for segment in decided if segment.score is None and segment.rater]
    if problems:
        raise InvalidCohortError.of("What the raters said", problems)
    return Consensus(tuple(agreed), tuple(ratings) if len(raters) > 1 else (), tuple(ties))


def _owner(rows: Sequence[Segment], problems: list[Problem]) -> Segment:
    """Return one clip's segment with what any of its rows says of patient, zone and device."""
    said = {
        column: list(dict.fromkeys(getattr(row, column) for row in rows if getattr(row, column)))
        for column in ("patient", "exam", "zone", "group", "device")
    }
    for column, values in said.items():
        if len(values) > 1 and column != "device":
            what = f"the clip has more than one {column}: {', '.join(map(repr, values))}; "
            what += "expected one for the whole clip, whoever scored it"
            problems.append(Problem(_WHERE, what, rows[0].clip))
    patient, exam, zone, group, device = (next(iter(values), "") for values in said.values())
    return replace(rows[0], patient=patient, exam=exam, zone=zone, group=group, device=device)


def _one_opinion(rows: Sequence[Segment]) -> bool:
    """Tell whether all segments of a clip are one rater's and none touches a frame of another."""
    ordered = sorted(rows, key=lambda row: row.frame_start)
    apart = all(frame_end(a) <= b.frame_start for a, b in pairwise(ordered))
    return apart and len({row.rater for row in rows}) == 1


def _decide(owner: Segment, pieces: Sequence[RatedSegment], rule: RaterRule) -> list[Segment]:
    """Apply the rule to each piece and join neighbours of equal outcome."""
    decided = []
    for piece in pieces:
        score = rule.decide(piece.scores) if piece.scores else None
        decided.append((piece.start, piece.end, (score, _deciders(piece, rule, score))))
    return [
        replace(owner, score=score, rater=rater, frame_start=start, frame_end=end)
        for start, end, (score, rater) in _joined(decided)
    ]


def _deciders(piece: RatedSegment, rule: RaterRule, score: int | None) -> str:
    """Say in a few words who gave a piece its score."""
    if rule.rater is not None:
        return "" if score is None else rule.rater
    if len(piece.scores) < 2:
        return next(("" if name is UNNAMED else name for name in piece.scores), "")
    return f"{'tie' if score is None else rule.name} of {len(piece.scores)}"


def _ratings(clip: str, pieces: Sequence[RatedSegment]) -> list[Rating]:
    """Return each rater's scores of one clip, neighbouring equal ones as one."""
    ratings = []
    for rater in sorted({rater for piece in pieces for rater in piece.scores}):
        own = [(one.start, one.end, one.scores[rater]) for one in pieces if rater in one.scores]
        ratings += [Rating(clip, rater, score, start, end) for start, end, score in _joined(own)]
    return ratings


def _joined(pieces: Iterable[tuple[int, float, _T]]) -> Iterator[tuple[int, int | None, _T]]:
    """Join neighbouring pieces (start, end, value) of equal value; an infinite end becomes None."""
    joined: list[tuple[int, float, _T]] = []
    for start, end, value in pieces:
        if joined and joined[-1][1:] == (start, value):
            start = joined.pop()[0]
        joined.append((start, end, value))
    for start, end, value in joined:
        yield start, None if end == END else int(end), value

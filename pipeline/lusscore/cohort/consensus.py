"""One score for each stretch of a clip, from those of several raters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from lusscore.cohort.ratings import Rating
from lusscore.cohort.segments import (
    END,
    UNNAMED,
    RatedSegment,
    Segment,
    TwoScoresError,
    cut_into_rated_segments,
    frame_end,
)
from lusscore.errors import CohortError, InvalidCohortError, Problem

_NAMED = "rater:"


@dataclass(frozen=True)
class RaterRule:
    """A rule that makes one score of several.

    Attributes
    ----------
    name
        As the user writes it.
    decide
        Takes the score 0–3 of each rater, at least one, and gives one, or None.
    rater
        The rater whose scores alone count; None where all do.
    """

    name: str
    decide: Callable[[Mapping[str, int]], int | None]
    rater: str | None = None


def parse_rule(text: str | None, raters: Collection[str]) -> RaterRule:
    """Read ``majority`` (also None), ``mean`` or ``rater:<name>``.

    Parameters
    ----------
    text
        The rule.
    raters
        Names of those who gave scores.

    Raises
    ------
    CohortError
        If there is no such rule or rater.
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
    """A data set in which every frame has at most one score.

    Attributes
    ----------
    segments
        Rows of a manifest: no two of one clip overlap.
    ratings
        What each rater said; empty where all scores are of one rater.
    ties
        Those of `segments` that are unlabelled because as many raters gave one score as another.
    """

    segments: tuple[Segment, ...]
    ratings: tuple[Rating, ...] = ()
    ties: tuple[Segment, ...] = ()


def consensus_labels(segments: Sequence[Segment], rule: str | None = None) -> Consensus:
    """Make one score of those of several raters, and keep each rater's.

    A clip with several raters is cut wherever any rater's segment begins or ends; `rule` is applied
    to the scores of exactly those raters who scored a stretch; neighbouring stretches of equal
    outcome become one segment again. A clip that one rater scored keeps its segments as they are.

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
    settled: list[Segment] = []
    ties: list[Segment] = []
    ratings: list[Rating] = []
    for clip, rows in by_clip.items():
        owner = _owner(rows, problems)
        try:
            stretches = list(cut_into_rated_segments(rows))
        except TwoScoresError as error:
            problems.append(Problem("what the raters said", str(error), clip))
            continue
        ratings += _ratings(clip, stretches)
        if chosen.rater is None and _one_opinion(rows):
            settled += rows
            continue
        decided = list(_decide(owner, stretches, chosen))
        settled += decided
        # a segment without a score has deciders only where they could not agree
        ties += [segment for segment in decided if segment.score is None and segment.rater]
    if problems:
        raise InvalidCohortError.of("What the raters said", problems)
    return Consensus(tuple(settled), tuple(ratings) if len(raters) > 1 else (), tuple(ties))


def _owner(rows: Sequence[Segment], problems: list[Problem]) -> Segment:
    """Return one clip's segment with what all its rows say; what only some tell is filled in."""
    told = {
        column: list(dict.fromkeys(getattr(row, column) for row in rows if getattr(row, column)))
        for column in ("patient", "exam", "zone", "group", "device")
    }
    for column in ("patient", "exam", "zone", "group"):
        if len(told[column]) > 1:
            problems.append(
                Problem(
                    "what the raters said",
                    f"the clip has more than one {column}: {', '.join(map(repr, told[column]))}; "
                    "expected one for the whole clip, whoever scored it",
                    rows[0].clip,
                )
            )
    patient, exam, zone, group, device = (next(iter(values), "") for values in told.values())
    return replace(rows[0], patient=patient, exam=exam, zone=zone, group=group, device=device)


def _one_opinion(rows: Sequence[Segment]) -> bool:
    """Tell whether all segments of a clip are one rater's and none touches a frame of another."""
    ordered = sorted(rows, key=lambda row: row.frame_start)
    apart = all(frame_end(a) <= b.frame_start for a, b in pairwise(ordered))
    return apart and len({row.rater for row in rows}) == 1


def _decide(
    owner: Segment, stretches: Sequence[RatedSegment], rule: RaterRule
) -> Iterator[Segment]:
    """Apply the rule to each stretch and join neighbours of equal outcome."""
    open_segment: Segment | None = None
    for stretch in stretches:
        score = rule.decide(stretch.scores) if stretch.scores else None
        segment = replace(
            owner,
            score=score,
            frame_start=stretch.start,
            frame_end=None if stretch.end == END else int(stretch.end),
            rater=_deciders(stretch, rule, score),
        )
        if open_segment is not None:
            same = (open_segment.score, open_segment.rater) == (segment.score, segment.rater)
            if same and open_segment.frame_end == segment.frame_start:
                segment = replace(segment, frame_start=open_segment.frame_start)
            else:
                yield open_segment
        open_segment = segment
    if open_segment is not None:
        yield open_segment


def _deciders(stretch: RatedSegment, rule: RaterRule, score: int | None) -> str:
    """Tell in a few words who gave a stretch its score."""
    if rule.rater is not None:
        return "" if score is None else rule.rater
    if len(stretch.scores) < 2:
        return next(("" if name is UNNAMED else name for name in stretch.scores), "")
    return f"{'tie' if score is None else rule.name} of {len(stretch.scores)}"


def _ratings(clip: str, stretches: Sequence[RatedSegment]) -> list[Rating]:
    """Return each rater's scores of one clip, neighbouring equal ones as one."""
    ratings: list[Rating] = []
    for rater in sorted({rater for stretch in stretches for rater in stretch.scores}):
        for stretch in stretches:
            if rater not in stretch.scores:
                continue
            score, start = stretch.scores[rater], stretch.start
            last = ratings[-1] if ratings else None
            if last and (last.rater, last.score, last.frame_end) == (rater, score, start):
                start = ratings.pop().frame_start
            end = None if stretch.end == END else int(stretch.end)
            ratings.append(Rating(clip, rater, score, start, end))
    return ratings

"""What several raters said of the same frames: ``ratings.csv``, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lusscore.cohort import Segment, parse_rule
from lusscore.labelling.csv_edit import CsvEdit

_DECIDED = re.compile(r"(?:majority|mean|tie) of ([0-9]{1,4})")
_END = float("inf")


@dataclass(frozen=True)
class _Given:
    """A row of ``ratings.csv``."""

    number: int
    rater: str
    score: int
    start: int
    end: float


def deciders(rater: str) -> int:
    """Return how many raters decided, where a manifest names a rule: 3 for ``majority of 3``.

    0 where it names a person, or nobody.
    """
    found = _DECIDED.fullmatch(rater)
    return int(found[1]) if found else 0


def decide_again(rater: str, scores: Mapping[str, int]) -> tuple[int | None, str]:
    """Apply the rule that a manifest's rater names to the scores that there are now.

    Parameters
    ----------
    rater
        As :func:`deciders` knows it; ties come of the majority alone.
    scores
        Rater → score 0–3, at least one.

    Returns
    -------
    tuple
        Score, None for a tie, and what to write for the rater.
    """
    word = rater.partition(" ")[0]
    rule = parse_rule("majority" if word == "tie" else word, scores)
    score = rule.decide(scores)
    return score, f"{'tie' if score is None else rule.name} of {len(scores)}"


def opinions_of(ratings: CsvEdit, segment: Segment) -> dict[str, int]:
    """Return rater → score of those who scored all frames of a segment."""
    return {
        one.rater: one.score
        for one in _given(ratings, segment.clip)
        if one.start <= segment.frame_start and one.end >= _end(segment.frame_end)
    }


def keep_opinion(ratings: CsvEdit, segment: Segment, rater: str, score: int) -> None:
    """Write a rater's score of a segment, in place of that rater's earlier one.

    What the rater said of other frames of the clip stays.
    """
    start, end = segment.frame_start, _end(segment.frame_end)
    for one in _given(ratings, segment.clip):
        if one.rater != rater or one.start >= end or one.end <= start:
            continue
        if (one.start, one.end) == (start, end):
            ratings.change(one.number, {"score": str(score)})
            return
        ratings.remove(one.number)
        for first, last in ((one.start, min(one.end, start)), (max(one.start, end), one.end)):
            if first < last:
                ratings.add(_row(segment.clip, rater, one.score, int(first), last))
    ratings.add(_row(segment.clip, rater, score, start, end))


def _given(ratings: CsvEdit, clip: str) -> list[_Given]:
    return [
        _Given(
            number,
            cells["rater"],
            int(cells["score"]),
            int(cells.get("frame_start") or 0),
            float(cells.get("frame_end") or _END),
        )
        for number, cells in ratings.rows()
        if cells["clip"] == clip
    ]


def _row(clip: str, rater: str, score: int, start: int, end: float) -> dict[str, str]:
    whole = start == 0 and end == _END
    return {
        "clip": clip,
        "rater": rater,
        "score": str(score),
        "frame_start": "" if whole else str(start),
        "frame_end": "" if end == _END else str(int(end)),
    }


def _end(frame_end: int | None) -> float:
    return _END if frame_end is None else frame_end

"""What several raters said of the same frames: ``ratings.csv``, and what follows from it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from lusscore.cohort import Segment, parse_rule

_DECIDED = re.compile(r"(?:majority|mean|tie) of ([0-9]{1,4})")
Rows = list[dict[str, str]]


def deciders(rater: str) -> int:
    """Return how many raters decided, where a manifest names a rule: 3 for ``majority of 3``.

    0 where it names a person, or nobody.
    """
    found = _DECIDED.fullmatch(rater)
    return int(found[1]) if found else 0


def decide_again(rater: str, scores: Mapping[str, int]) -> tuple[int | None, str]:
    """Apply the rule that a manifest's rater names to the scores that there are now.

    `scores` has at least one rater. Returns the score, None for a tie, and what to write for the
    rater.
    """
    word = rater.partition(" ")[0]
    rule = parse_rule("majority" if word == "tie" else word, scores)  # only a majority can tie
    score = rule.decide(scores)
    return score, f"{'tie' if score is None else rule.name} of {len(scores)}"


def scores_of(ratings: Rows, segment: Segment) -> dict[str, int]:
    """Return rater → score of those who scored all frames of a segment."""
    start, end = _frames(segment.frame_start, segment.frame_end)
    scores = {}
    for row in ratings:
        first, last = frames_of(row)
        if row["clip"] == segment.clip and first <= start and end <= last:
            scores[row["rater"]] = int(row["score"])
    return scores


def rate(ratings: Rows, segment: Segment, rater: str, score: int) -> None:
    """Write a rater's score of a segment, in place of that rater's earlier one.

    What the rater said of other frames of the clip stays.
    """
    start, end = _frames(segment.frame_start, segment.frame_end)
    for row in list(ratings):
        first, last = frames_of(row)
        if (row["clip"], row["rater"]) != (segment.clip, rater) or first >= end or last <= start:
            continue
        if (first, last) == (start, end):
            row["score"] = str(score)
            return
        ratings.remove(row)
        for begin, stop in ((first, min(last, start)), (max(first, end), last)):
            if begin < stop:
                ratings.append(_row(segment.clip, rater, row["score"], begin, stop))
    ratings.append(_row(segment.clip, rater, str(score), start, end))


def frames_of(row: Mapping[str, str]) -> tuple[float, float]:
    """Return the first frame of a row and the one after its last; infinity where it is open."""
    return _frames(int(row.get("frame_start") or 0), int(row.get("frame_end") or 0) or None)


def _frames(start: int, end: int | None) -> tuple[float, float]:
    return start, math.inf if end is None else end


def _row(clip: str, rater: str, score: str, start: float, end: float) -> dict[str, str]:
    whole = start == 0 and end == math.inf
    return {
        "clip": clip,
        "rater": rater,
        "score": score,
        "frame_start": "" if whole else str(int(start)),
        "frame_end": "" if end == math.inf else str(int(end)),
    }

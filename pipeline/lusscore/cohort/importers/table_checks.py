"""What rows of a table of labels must not say together, told with the lines of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lusscore.cohort.importers.reading.column_words import Column
from lusscore.cohort.segments import Segment, frame_end
from lusscore.errors import Problem

_OF_A_CLIP = ("patient", "exam", "zone")


def two_owners(read: Sequence[tuple[int, Segment]], columns: Mapping[str, Column]) -> list[Problem]:
    """Find clips that two rows give to different patients, exams or zones.

    Parameters
    ----------
    read
        Pairs of line and what it says. What only some rows of a clip tell is no contradiction.
    columns
        Our word → where it stands in a row.
    """
    first: dict[tuple[str, str], tuple[int, str]] = {}
    problems = []
    for line, segment in read:
        for word in _OF_A_CLIP:
            told = getattr(segment, word)
            if not told:
                continue
            other_line, other = first.setdefault((segment.clip, word), (line, told))
            if told != other:
                problems.append(
                    Problem(
                        _place(line, word, columns),
                        f"the clip has the {word} {told!r} here and {other!r} on line "
                        f"{other_line}; a clip has one {word}",
                        segment.clip,
                    )
                )
                # another patient has other exams: one contradiction is enough for a row
                break
    return problems


def two_scores(read: Sequence[tuple[int, Segment]], columns: Mapping[str, Column]) -> list[Problem]:
    """Find rows in which one rater gives frames of a clip another score than in an earlier one."""
    alike: dict[tuple[str, str], list[tuple[int, Segment]]] = {}
    for line, segment in read:
        if segment.score is not None:
            alike.setdefault((segment.clip, segment.rater), []).append((line, segment))
    problems = []
    for rows in alike.values():
        # of each score, the row that reaches furthest: whatever overlaps one of it overlaps that
        furthest: dict[int, tuple[int, Segment]] = {}
        for line, segment in sorted(rows, key=lambda row: row[1].frame_start):
            score = segment.score or 0
            for other_score, (other_line, other) in furthest.items():
                if other_score != score and frame_end(other) > segment.frame_start:
                    here, there = max(line, other_line), min(line, other_line)
                    said = (score, other_score) if here == line else (other_score, score)
                    who = f"rater {segment.rater!r}" if segment.rater else "one rater"
                    problems.append(
                        Problem(
                            _place(here, "score", columns),
                            f"{who} gives frames of the clip the score {said[0]} here and "
                            f"{said[1]} on line {there}; a rater gives a frame one score "
                            "(--column rater=NAME tells who gave it)",
                            segment.clip,
                        )
                    )
                    break
            known = furthest.get(score)
            if known is None or frame_end(known[1]) < frame_end(segment):
                furthest[score] = (line, segment)
    return problems


def _place(line: int, word: str, columns: Mapping[str, Column]) -> str:
    return f"line {line}, column {columns[word].name if word in columns else word}"

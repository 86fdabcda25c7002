"""The scores that each rater gave, kept apart from the one score that a cohort is trained on."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from itertools import pairwise
from pathlib import Path

from lusscore.cohort.csv_rows import read_csv
from lusscore.cohort.protocols import MAXIMUM_ZONE_SCORE
from lusscore.errors import InvalidCohortError, Problem

RATINGS_NAME = "ratings.csv"
_FRAME = re.compile(r"[0-9]{1,9}")
RATING_COLUMNS = ("clip", "rater", "score", "frame_start", "frame_end")


@dataclass(frozen=True)
class Rating:
    """What one rater said of one span of a clip.

    Attributes
    ----------
    clip
        Path as the manifest writes it.
    rater
        Who; never empty.
    score
        0–3.
    frame_start, frame_end
        As in :class:`lusscore.cohort.Span`.
    """

    clip: str
    rater: str
    score: int
    frame_start: int = 0
    frame_end: int | None = None


def write_ratings(path: Path, ratings: Iterable[Rating]) -> None:
    """Write `ratings` so that :func:`read_ratings` gives them back."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(RATING_COLUMNS)
        for rating in ratings:
            clip, rater, score, start, end = astuple(rating)
            whole = start == 0 and end is None
            writer.writerow(
                (clip, rater, score, "" if whole else start, "" if end is None else end)
            )


def read_ratings(path: Path) -> tuple[Rating, ...]:
    """Read what each rater said; nothing where there is no such file.

    Parameters
    ----------
    path
        The CSV file, UTF-8 with or without a byte-order mark.

    Raises
    ------
    CohortError
        If the file is not UTF-8 or lacks columns.
    InvalidCohortError
        If rows are bad: every one is named with its line, column and value.
    """
    try:
        rows = read_csv(path, RATING_COLUMNS[:3], f",{','.join(RATING_COLUMNS[3:])}")
    except FileNotFoundError:
        return ()
    problems: list[Problem] = []
    ratings: list[tuple[int, Rating]] = []
    for line, row in rows:
        rating = _parse_row(row, line, problems)
        if rating is not None:
            ratings.append((line, rating))
    problems += _twice(ratings)
    if problems:
        problems.sort(key=lambda problem: int(problem.where.split(",")[0].removeprefix("line ")))
        raise InvalidCohortError(path, problems)
    return tuple(rating for _, rating in ratings)


def _parse_row(row: Mapping[str, str | None], line: int, problems: list[Problem]) -> Rating | None:
    """Turn one row into a rating, or note all that is wrong with it and return None."""
    if None in row or any(value is None for value in row.values()):
        problems.append(
            Problem(f"line {line}", "has more or fewer fields than the header; check the commas")
        )
        return None
    found = len(problems)
    cells = {key: (value or "").strip() for key, value in row.items()}
    allowed = [str(score) for score in range(MAXIMUM_ZONE_SCORE + 1)]
    for column in ("clip", "rater"):
        if not cells[column]:
            problems.append(
                Problem(f"line {line}, column {column}", "is empty; every row must give it")
            )
    if cells["score"] not in allowed:
        told = f"{cells['score']!r} is not allowed; expected one of {', '.join(allowed)}"
        problems.append(Problem(f"line {line}, column score", told))
    bounds: dict[str, int | None] = {}
    for column in ("frame_start", "frame_end"):
        cell = cells.get(column, "")
        bounds[column] = int(cell) if _FRAME.fullmatch(cell) else None
        if cell and bounds[column] is None:
            told = f"{cell!r} is not allowed; expected a frame number from 0 or nothing"
            problems.append(Problem(f"line {line}, column {column}", told))
    start, end = bounds["frame_start"] or 0, bounds["frame_end"]
    if end is not None and end <= start:
        told = f"{end} is not above frame_start {start}; the end is exclusive"
        problems.append(Problem(f"line {line}, column frame_end", told))
    if len(problems) > found:
        return None
    return Rating(cells["clip"], cells["rater"], int(cells["score"]), start, end)


def _twice(ratings: Iterable[tuple[int, Rating]]) -> list[Problem]:
    """Find frames that one rater scored twice."""
    by_rater: dict[tuple[str, str], list[tuple[int, Rating]]] = {}
    for line, rating in ratings:
        by_rater.setdefault((rating.clip, rating.rater), []).append((line, rating))
    problems = []
    for rows in by_rater.values():
        rows.sort(key=lambda row: row[1].frame_start)
        for (line_a, a), (line_b, b) in pairwise(rows):
            if a.frame_end is None or b.frame_start < a.frame_end:
                line, other = max(line_a, line_b), min(line_a, line_b)
                problems.append(
                    Problem(
                        f"line {line}, column frame_start",
                        f"the frames overlap those of line {other} of the same clip and rater; "
                        "a rater gives a frame one score",
                    )
                )
    return problems

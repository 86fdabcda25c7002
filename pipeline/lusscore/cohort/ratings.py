"""The scores that each rater gave, kept apart from the one score that a cohort is trained on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

from lusscore.cohort.csv_rows import Row, in_line_order, read_csv, strip_cells
from lusscore.cohort.frame_range import find_overlaps, read_frame_range
from lusscore.cohort.protocols import MAXIMUM_ZONE_SCORE
from lusscore.errors import InvalidCohortError, Problem
from lusscore.files import csv_text, write_text

RATINGS_NAME = "ratings.csv"
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
    rows: list[tuple[object, ...]] = [RATING_COLUMNS]
    for rating in ratings:
        clip, rater, score, start, end = astuple(rating)
        rows.append((clip, rater, score, None if start == 0 and end is None else start, end))
    write_text(path, csv_text(rows))


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
    problems += find_overlaps(
        ratings,
        lambda rating: (rating.clip, rating.rater),
        "clip and rater; a rater gives a frame one score",
    )
    if problems:
        raise InvalidCohortError(path, in_line_order(problems))
    return tuple(rating for _, rating in ratings)


def _parse_row(row: Row, line: int, problems: list[Problem]) -> Rating | None:
    """Turn one row into a rating, or note all that is wrong with it and return None."""
    found = len(problems)

    def note(column: str, what: str) -> None:
        problems.append(Problem(f"line {line}, column {column}", what))

    cells = strip_cells(row, line, problems)
    if cells is None:
        return None
    allowed = [str(score) for score in range(MAXIMUM_ZONE_SCORE + 1)]
    for column in ("clip", "rater"):
        if not cells[column]:
            note(column, "is empty; every row must give it")
    if cells["score"] not in allowed:
        note("score", f"{cells['score']!r} is not allowed; expected one of {', '.join(allowed)}")
    start, end = read_frame_range(cells, note)
    if len(problems) > found:
        return None
    return Rating(cells["clip"], cells["rater"], int(cells["score"]), start, end)

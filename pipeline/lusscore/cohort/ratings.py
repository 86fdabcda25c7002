"""The scores that each rater gave, kept apart from the one score that a cohort is trained on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict

from lusscore.cohort.segments import ROW, FrameEnd, FrameStart, Score, find_overlaps
from lusscore.errors import CohortError, InvalidCohortError
from lusscore.files import csv_text, write_text
from lusscore.records import in_line_order, read_csv

RATINGS_NAME = "ratings.csv"
RATING_COLUMNS = ("clip", "rater", "score", "frame_start", "frame_end")


@dataclass(frozen=True)
class Rating:
    """What one rater said of one segment of a clip.

    Attributes
    ----------
    clip
        Path as the manifest writes it.
    rater
        Who; never empty.
    score
        0–3.
    frame_start, frame_end
        As in :class:`lusscore.cohort.Segment`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ROW

    clip: str
    rater: str
    score: Score
    frame_start: FrameStart = 0
    frame_end: FrameEnd = None


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
        The CSV file.

    Raises
    ------
    CohortError
        If the file is no text or lacks columns.
    InvalidCohortError
        If rows are bad: every one is named with its line, column and value.
    """
    try:
        rows, problems = read_csv(path, Rating, CohortError)
    except FileNotFoundError:
        return ()
    problems += find_overlaps(
        rows,
        lambda rating: (rating.clip, rating.rater),
        "clip and rater; a rater gives a frame one score",
    )
    if problems:
        raise InvalidCohortError.of(path, in_line_order(problems))
    return tuple(rating for _, rating in rows)

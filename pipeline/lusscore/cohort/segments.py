"""Labelled segments of clips: the rows of ``manifest.csv`` and of ``ratings.csv``."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from pathlib import Path, PureWindowsPath
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, ValidationInfo

from lusscore.cohort.protocols import MAXIMUM_ZONE_SCORE, Protocol
from lusscore.errors import CohortError, InvalidCohortError, Problem
from lusscore.files import csv_text, nfc, on_disk
from lusscore.records import STRICT, in_line_order, read_csv

MANIFEST_NAME = "manifest.csv"
REQUIRED_COLUMNS = ("clip", "patient", "exam", "zone", "score")
OPTIONAL_COLUMNS = ("frame_start", "frame_end", "group", "device", "rater")
RATINGS_NAME = "ratings.csv"
RATING_COLUMNS = ("clip", "rater", "score", "frame_start", "frame_end")
END = float("inf")
"""Where a segment ends whose `frame_end` is None."""
UNNAMED = "unnamed"
"""What a rater is called whose name the source does not give."""

# a table may have columns of the user's own
_ROW = ConfigDict(**{**STRICT, "extra": "ignore"})
_SCORES = tuple(str(score) for score in range(MAXIMUM_ZONE_SCORE + 1))
_T = TypeVar("_T")


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


_Score = Annotated[int, BeforeValidator(_score)]
_FrameStart = Annotated[int, BeforeValidator(_frame)]
_FrameEnd = Annotated[int | None, BeforeValidator(_frame), AfterValidator(_above_start)]


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

    __pydantic_config__: ClassVar[ConfigDict] = _ROW

    clip: str
    patient: str
    exam: str
    zone: Annotated[str, AfterValidator(_known_zone)] = ""
    score: _Score | None = None
    frame_start: _FrameStart = 0
    frame_end: _FrameEnd = None
    group: str = ""
    device: str = ""
    rater: str = ""

    def __post_init__(self) -> None:
        _compose(self, "patient", "exam", "zone", "group", "device", "rater")


@dataclass(frozen=True)
class Rating:
    """One row of ``ratings.csv``: what one rater said of a segment of a clip.

    Attributes
    ----------
    clip, frame_start, frame_end
        As in :class:`Segment`.
    rater
        Who; never empty.
    score
        0–3.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _ROW

    clip: str
    rater: str
    score: _Score
    frame_start: _FrameStart = 0
    frame_end: _FrameEnd = None

    def __post_init__(self) -> None:
        _compose(self, "rater")


_Row = TypeVar("_Row", Segment, Rating)


def _compose(row: Segment | Rating, *names: str) -> None:
    """Write names in one way, so that one patient is not two; paths stay as they are on disk."""
    for name in names:
        if not getattr(row, name).isascii():
            object.__setattr__(row, name, nfc(getattr(row, name)))


def frame_end(segment: Segment | Rating) -> float:
    """Return a segment's end, infinite where it is the clip's."""
    return END if segment.frame_end is None else segment.frame_end


def read_frame_range(
    cells: Mapping[str, str], note: Callable[[str, str], None]
) -> tuple[int, int | None]:
    """Read ``frame_start`` and ``frame_end`` of a row; either may be empty or missing.

    `note` is called with a column and what is wrong with it.
    """
    bounds: dict[str, int | None] = {"frame_start": 0, "frame_end": None}
    for column in bounds:
        try:
            bounds[column] = _frame(cells.get(column) or bounds[column])
        except ValueError as error:
            note(column, str(error))
    start, end = bounds["frame_start"] or 0, bounds["frame_end"]
    try:
        _check_end(start, end)
    except ValueError as error:
        note("frame_end", str(error))
    return start, end


def read_manifest(
    path: Path, protocol: Protocol, *, check_files: bool = True
) -> tuple[Segment, ...]:
    """Read and validate a manifest.

    Parameters
    ----------
    path
        The CSV file, in any encoding and with any delimiter that spreadsheets write.
    protocol
        Decides which zones are allowed.
    check_files
        Whether every clip must exist on disk.

    Raises
    ------
    CohortError
        If the file is missing, empty, no text or lacks required columns.
    InvalidCohortError
        If rows are bad: every one is named with its line, column and value.
    """
    try:
        rows, problems = read_csv(
            path, Segment, CohortError, columns=REQUIRED_COLUMNS, context=protocol
        )
    except FileNotFoundError:
        raise CohortError(
            "there is no manifest; expected a CSV file with the columns "
            f"{', '.join(REQUIRED_COLUMNS)}",
            advice="make one with 'lusscore import' or by hand (data/README.md shows how)",
            path=path,
        ) from None
    if not rows and not problems:
        raise CohortError(
            "it has a header but no rows",
            advice="expected one row per labelled segment of a clip",
            path=path,
        )
    problems += _wrong_paths(path.parent, rows, check_files)
    problems += two_groups(rows)
    problems += find_overlaps(
        rows,
        lambda row: row.clip,
        "clip; a frame has one score; what several raters said belongs in ratings.csv",
    )
    for line, row, seen_line, seen in _contradictions(
        rows, lambda row: row.clip, lambda row: (row.patient, row.exam, row.zone)
    ):
        what = (
            f"the clip is patient, exam, zone {row.patient}, {row.exam}, {row.zone} here and "
            f"{', '.join(seen)} on line {seen_line}; a clip has one of each"
        )
        problems.append(Problem(f"line {line}, column clip", what, row.clip))
    if problems:
        raise InvalidCohortError.of(path, in_line_order(problems))
    return tuple(segment for _, segment in rows)


def manifest_text(segments: Iterable[Segment]) -> str:
    """Lay out `segments` so that :func:`read_manifest` gives them back."""
    columns = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
    rows: list[Sequence[object]] = [columns]
    for segment in segments:
        values = {name: getattr(segment, name) for name in columns}
        rows.append(list((values | {"frame_start": _written_start(segment)}).values()))
    return csv_text(rows)


def read_ratings(path: Path) -> tuple[Rating, ...]:
    """Read what each rater said; nothing where there is no such file.

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


def ratings_text(ratings: Iterable[Rating]) -> str:
    """Lay out `ratings` so that :func:`read_ratings` gives them back."""
    rows: list[Sequence[object]] = [RATING_COLUMNS]
    for rating in ratings:
        clip, rater, score, _, end = astuple(rating)
        rows.append((clip, rater, score, _written_start(rating), end))
    return csv_text(rows)


def _written_start(row: Segment | Rating) -> int | None:
    """First frame as a table shows it: empty, like the end, where the row is of a whole clip."""
    return None if row.frame_start == 0 and row.frame_end is None else row.frame_start


def find_overlaps(
    rows: Iterable[tuple[int, _Row]], key: Callable[[_Row], Hashable], what: str
) -> list[Problem]:
    """Find rows, given with their lines, of one key whose frames overlap.

    `what` ends the sentence, after "the frames overlap those of line 3 of the same ".
    """
    alike: dict[Hashable, list[tuple[int, _Row]]] = {}
    for line, row in rows:
        alike.setdefault(key(row), []).append((line, row))
    problems = []
    for group in alike.values():
        group.sort(key=lambda pair: pair[1].frame_start)
        for (line_a, a), (line_b, b) in pairwise(group):
            if b.frame_start < frame_end(a):
                where = f"line {max(line_a, line_b)}, column frame_start"
                other = f"the frames overlap those of line {min(line_a, line_b)} of the same "
                problems.append(Problem(where, other + what))
    return problems


def two_groups(rows: Sequence[tuple[int, Segment]]) -> list[Problem]:
    """Find patients that are in two groups, in rows given with their lines."""
    return [
        Problem(
            f"line {line}, column group",
            f"patient {row.patient!r} is in group {row.group!r} here and in {seen!r} on line "
            f"{seen_line}; a patient has one group",
        )
        for line, row, seen_line, seen in _contradictions(
            rows, lambda row: row.patient, lambda row: row.group
        )
    ]


def _contradictions(
    rows: Sequence[tuple[int, Segment]],
    key: Callable[[Segment], str],
    value: Callable[[Segment], _T],
) -> Iterator[tuple[int, Segment, int, _T]]:
    """Yield rows whose value is not that of the first row of their key, with its line and value."""
    first: dict[str, tuple[int, _T]] = {}
    for line, row in rows:
        seen_line, seen = first.setdefault(key(row), (line, value(row)))
        if value(row) != seen:
            yield line, row, seen_line, seen


def _wrong_paths(
    folder: Path, rows: Sequence[tuple[int, Segment]], check_files: bool
) -> Iterator[Problem]:
    """Find clips that are not on disk, and relative paths that lead out of the folder."""
    for line, row in rows:
        where = f"line {line}, column clip"
        if check_files and not _exists(folder, row.clip):
            what = "the clip is not there; expected a file or folder, relative to the manifest or "
            yield Problem(where, f"{what}with its whole path", row.clip)
        if _leads_out(row.clip):
            what = "the path leads out of the cohort's folder; write the whole path of a clip that "
            yield Problem(where, f"{what}is meant to lie elsewhere", row.clip)


def _exists(folder: Path, clip: str) -> bool:
    try:
        return on_disk(folder, clip).exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _leads_out(clip: str) -> bool:
    """Tell whether a path that is not whole leads out of its folder, here or on another system."""
    if Path(clip).is_absolute():
        return False
    # Windows knows both slashes, and paths that begin at the root or the folder of some drive
    path = PureWindowsPath(clip)
    return ".." in path.parts or (bool(path.anchor) and not path.is_absolute())

"""The manifest of a cohort: ``manifest.csv``, one row per labelled span of a clip."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lusscore.cohort.csv_rows import Row, in_line_order, read_csv, strip_cells
from lusscore.cohort.frame_range import read_frame_range
from lusscore.cohort.manifest_checks import (
    double_labels,
    missing_clips,
    outside_clips,
    two_groups,
    two_owners,
)
from lusscore.cohort.protocols import MAXIMUM_ZONE_SCORE, Protocol
from lusscore.cohort.span import Span
from lusscore.errors import CohortError, InvalidCohortError, Problem
from lusscore.files import csv_text, write_text

MANIFEST_NAME = "manifest.csv"
REQUIRED_COLUMNS = ("clip", "patient", "exam", "zone", "score")
OPTIONAL_COLUMNS = ("frame_start", "frame_end", "group", "device", "rater")


def read_manifest(path: Path, protocol: Protocol, *, check_files: bool = True) -> tuple[Span, ...]:
    """Read and validate a manifest.

    Parameters
    ----------
    path
        The CSV file, UTF-8 with or without a byte-order mark.
    protocol
        Decides which zones are allowed.
    check_files
        Whether every clip must exist on disk.

    Raises
    ------
    CohortError
        If the file is missing, empty, not UTF-8 or lacks required columns.
    InvalidCohortError
        If rows are bad: every one is named with its line, column and value.
    """
    try:
        rows = read_csv(path, REQUIRED_COLUMNS, f" and optionally {','.join(OPTIONAL_COLUMNS)}")
    except FileNotFoundError:
        raise CohortError(
            "there is no manifest; expected a CSV file with the columns "
            f"{', '.join(REQUIRED_COLUMNS)}",
            advice="make one with 'lusscore import' or by hand (data/README.md shows how)",
            path=path,
        ) from None
    problems: list[Problem] = []
    spans: list[tuple[int, Span]] = []
    for line, row in rows:
        span = _parse_row(row, line, protocol, problems)
        if span is not None:
            spans.append((line, span))
    if not spans and not problems:
        raise CohortError(
            "the manifest has a header but no rows; expected one row per labelled span", path=path
        )
    if check_files:
        problems += missing_clips(path.parent, spans)
    problems += outside_clips(spans) + two_groups(spans) + double_labels(spans) + two_owners(spans)
    if problems:
        raise InvalidCohortError(path, in_line_order(problems))
    return tuple(span for _, span in spans)


def write_manifest(path: Path, spans: Iterable[Span]) -> None:
    """Write `spans` so that :func:`read_manifest` gives them back."""
    columns = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
    rows: list[list[object]] = [list(columns)]
    for span in spans:
        values = {name: getattr(span, name) for name in columns}
        if span.frame_start == 0 and span.frame_end is None:
            values["frame_start"] = None
        rows.append(list(values.values()))
    write_text(path, csv_text(rows))


def _parse_row(row: Row, line: int, protocol: Protocol, problems: list[Problem]) -> Span | None:
    """Turn one row into a span, or note all that is wrong with it and return None."""
    found = len(problems)

    def note(column: str, what: str) -> None:
        problems.append(Problem(f"line {line}, column {column}", what))

    cells = strip_cells(row, line, problems)
    if cells is None:
        return None
    for column in ("clip", "patient", "exam"):
        if not cells[column]:
            note(column, "is empty; every row must give it")
    if cells["zone"] and cells["zone"] not in protocol.zone_names:
        note(
            "zone",
            f"{cells['zone']!r} is not a zone of {protocol.name}; "
            f"expected one of {', '.join(protocol.zone_names)} or nothing",
        )
    score = None
    if cells["score"]:
        allowed = {str(value) for value in range(MAXIMUM_ZONE_SCORE + 1)}
        if cells["score"] in allowed:
            score = int(cells["score"])
        else:
            note("score", f"{cells['score']!r} is not allowed; expected 0, 1, 2, 3 or nothing")
    start, end = read_frame_range(cells, note)
    if len(problems) > found:
        return None
    return Span(
        clip=cells["clip"],
        patient=cells["patient"],
        exam=cells["exam"],
        zone=cells["zone"],
        score=score,
        frame_start=start,
        frame_end=end,
        group=cells.get("group", ""),
        device=cells.get("device", ""),
        rater=cells.get("rater", ""),
    )

"""The manifest of a cohort: ``manifest.csv``, one row per labelled span of a clip."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lusscore.cohort.protocols import MAXIMUM_ZONE_SCORE, Protocol
from lusscore.errors import CohortError, CohortProblems, Problem

MANIFEST_NAME = "manifest.csv"
REQUIRED_COLUMNS = ("clip", "patient", "exam", "zone", "score")
OPTIONAL_COLUMNS = ("frame_start", "frame_end", "group", "device", "rater")


@dataclass(frozen=True)
class Span:
    """One row of a manifest: a labelled span of a clip.

    Attributes
    ----------
    clip
        Path as written in the manifest: relative to it, or absolute.
    patient, exam
        Whom and when.
    zone
        Where; empty when unknown, which leaves the span out of zone and exam scores.
    score
        0–3, or None when unlabelled.
    frame_start, frame_end
        Half-open range of frame numbers; an end of None means the clip's last frame.
    group
        Stratum, e.g. ``"covid"`` or ``"healthy"``; empty when unknown.
    device, rater
        Free text; empty when unknown.
    """

    clip: str
    patient: str
    exam: str
    zone: str
    score: int | None
    frame_start: int = 0
    frame_end: int | None = None
    group: str = ""
    device: str = ""
    rater: str = ""


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
    CohortProblems
        If rows are bad: every one is named with its line, column and value.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CohortError(
            f"No manifest at {path}; expected a CSV file with the columns "
            f"{', '.join(REQUIRED_COLUMNS)}. Make one with 'lusscore import' or by hand "
            "(data/README.md shows how)."
        ) from None
    except UnicodeDecodeError as error:
        raise CohortError(
            f"{path} is not UTF-8 text (byte {error.start}); save it as 'CSV UTF-8'."
        ) from None
    # io.StringIO with newline="" leaves line breaks inside quotes to the csv module
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = [name.strip() for name in reader.fieldnames or ()]
    if not header:
        raise CohortError(
            f"{path} is empty; expected a header line {','.join(REQUIRED_COLUMNS)} and one row "
            "per labelled span."
        )
    missing = [name for name in REQUIRED_COLUMNS if name not in header]
    if missing:
        raise CohortError(
            f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"its header is {','.join(header)!r}, expected {','.join(REQUIRED_COLUMNS)} "
            f"and optionally {','.join(OPTIONAL_COLUMNS)}."
        )
    reader.fieldnames = header
    problems: list[Problem] = []
    spans: list[tuple[int, Span]] = []
    for row in reader:
        if any((value or "").strip() for key, value in row.items() if key is not None):
            line = reader.line_num
            span = _parse_row(row, line, protocol, problems)
            if span is not None:
                spans.append((line, span))
    if not spans and not problems:
        raise CohortError(f"{path} has a header but no rows; expected one row per labelled span.")
    if check_files:
        problems += _check_files(path.parent, spans)
    problems += _check_groups(spans) + _check_overlaps(spans) + _check_owners(spans)
    if problems:
        problems.sort(key=lambda problem: int(problem.where.split(",")[0].removeprefix("line ")))
        raise CohortProblems(path, problems)
    return tuple(span for _, span in spans)


def write_manifest(path: Path, spans: Iterable[Span]) -> None:
    """Write `spans` so that :func:`read_manifest` gives them back."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(REQUIRED_COLUMNS + OPTIONAL_COLUMNS)
        for span in spans:
            values = {name: getattr(span, name) for name in REQUIRED_COLUMNS + OPTIONAL_COLUMNS}
            if span.frame_start == 0 and span.frame_end is None:
                values["frame_start"] = None
            writer.writerow("" if value is None else value for value in values.values())


def _parse_row(
    row: Mapping[str, str | None], line: int, protocol: Protocol, problems: list[Problem]
) -> Span | None:
    """Turn one row into a span, or note all that is wrong with it and return None."""
    found = len(problems)

    def note(column: str, what: str) -> None:
        problems.append(Problem(f"line {line}, column {column}", what))

    if None in row or any(value is None for value in row.values()):
        problems.append(
            Problem(f"line {line}", "has more or fewer fields than the header; check the commas")
        )
        return None
    cells = {key: (value or "").strip() for key, value in row.items()}
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
    bounds: dict[str, int | None] = {}
    for column in ("frame_start", "frame_end"):
        cell = cells.get(column, "")
        bounds[column] = int(cell) if cell.isdecimal() else None
        if cell and not cell.isdecimal():
            note(column, f"{cell!r} is not allowed; expected a frame number from 0 or nothing")
    start, end = bounds["frame_start"] or 0, bounds["frame_end"]
    if end is not None and end <= start:
        note("frame_end", f"{end} is not above frame_start {start}; the end is exclusive")
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


def _check_files(folder: Path, spans: Sequence[tuple[int, Span]]) -> list[Problem]:
    """Find rows whose clip is not on disk."""
    return [
        Problem(
            f"line {line}, column clip",
            f"{span.clip!r} is not there; expected a file or folder (relative to {folder})",
        )
        for line, span in spans
        if not (folder / span.clip).exists()
    ]


def _check_groups(spans: Sequence[tuple[int, Span]]) -> list[Problem]:
    """Find patients that stand in two groups."""
    first: dict[str, tuple[int, str]] = {}
    problems = []
    for line, span in spans:
        seen_line, seen = first.setdefault(span.patient, (line, span.group))
        if span.group != seen:
            problems.append(
                Problem(
                    f"line {line}, column group",
                    f"patient {span.patient!r} is in group {span.group!r} here and in {seen!r} "
                    f"on line {seen_line}; a patient has one group",
                )
            )
    return problems


def _check_owners(spans: Sequence[tuple[int, Span]]) -> list[Problem]:
    """Find clips that are given to two patients, exams or zones."""
    first: dict[str, tuple[int, tuple[str, str, str]]] = {}
    problems = []
    for line, span in spans:
        owner = (span.patient, span.exam, span.zone)
        seen_line, seen = first.setdefault(span.clip, (line, owner))
        if owner != seen:
            problems.append(
                Problem(
                    f"line {line}, column clip",
                    f"{span.clip!r} is patient, exam, zone {', '.join(owner)} here and "
                    f"{', '.join(seen)} on line {seen_line}; a clip has one of each",
                )
            )
    return problems


def _check_overlaps(spans: Sequence[tuple[int, Span]]) -> list[Problem]:
    """Find spans of one clip that label a frame twice."""
    by_clip: dict[str, list[tuple[int, Span]]] = {}
    for line, span in spans:
        by_clip.setdefault(span.clip, []).append((line, span))
    problems = []
    for rows in by_clip.values():
        rows.sort(key=lambda row: row[1].frame_start)
        for (line_a, a), (line_b, b) in zip(rows, rows[1:], strict=False):
            if a.frame_end is None or b.frame_start < a.frame_end:
                line, other = max(line_a, line_b), min(line_a, line_b)
                problems.append(
                    Problem(
                        f"line {line}, column frame_start",
                        f"the frames overlap those of line {other} of the same clip; "
                        "a frame has one score",
                    )
                )
    return problems

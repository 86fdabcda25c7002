"""The manifest of a cohort: ``manifest.csv``, one row per labelled segment of a clip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PureWindowsPath

from lusscore.cohort.protocols import Protocol
from lusscore.cohort.segments import Segment, find_overlaps
from lusscore.errors import CohortError, InvalidCohortError, Problem
from lusscore.files import csv_text, write_text
from lusscore.records import in_line_order, read_csv

MANIFEST_NAME = "manifest.csv"
REQUIRED_COLUMNS = ("clip", "patient", "exam", "zone", "score")
OPTIONAL_COLUMNS = ("frame_start", "frame_end", "group", "device", "rater")


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
    if check_files:
        problems += _missing_clips(path.parent, rows)
    problems += _outside_clips(rows) + two_groups(rows) + _double_labels(rows) + _two_owners(rows)
    if problems:
        raise InvalidCohortError.of(path, in_line_order(problems))
    return tuple(segment for _, segment in rows)


def write_manifest(path: Path, segments: Iterable[Segment]) -> None:
    """Write `segments` so that :func:`read_manifest` gives them back."""
    columns = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
    rows: list[list[object]] = [list(columns)]
    for segment in segments:
        values = {name: getattr(segment, name) for name in columns}
        if segment.frame_start == 0 and segment.frame_end is None:
            values["frame_start"] = None
        rows.append(list(values.values()))
    write_text(path, csv_text(rows))


def _missing_clips(folder: Path, segments: Sequence[tuple[int, Segment]]) -> list[Problem]:
    """Find rows whose clip is not on disk."""
    return [
        Problem(
            f"line {line}, column clip",
            "the clip is not there; expected a file or folder, relative to the manifest or with "
            "its whole path",
            segment.clip,
        )
        for line, segment in segments
        if not _exists(folder / segment.clip)
    ]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _outside_clips(segments: Sequence[tuple[int, Segment]]) -> list[Problem]:
    """Find rows whose relative path leads out of the cohort's folder."""
    return [
        Problem(
            f"line {line}, column clip",
            "the path leads out of the cohort's folder; write the whole path of a clip that is "
            "meant to lie elsewhere",
            segment.clip,
        )
        for line, segment in segments
        if _leads_out(segment.clip)
    ]


def _leads_out(clip: str) -> bool:
    """Tell whether a path that is not whole leads out of its folder, here or on another system."""
    if Path(clip).is_absolute():
        return False
    # Windows knows both slashes, and paths that begin at the root or the folder of some drive
    path = PureWindowsPath(clip)
    return ".." in path.parts or (bool(path.anchor) and not path.is_absolute())


def two_groups(segments: Sequence[tuple[int, Segment]]) -> list[Problem]:
    """Find patients that stand in two groups."""
    first: dict[str, tuple[int, str]] = {}
    problems = []
    for line, segment in segments:
        seen_line, seen = first.setdefault(segment.patient, (line, segment.group))
        if segment.group != seen:
            problems.append(
                Problem(
                    f"line {line}, column group",
                    f"patient {segment.patient!r} is in group {segment.group!r} here and in "
                    f"{seen!r} "
                    f"on line {seen_line}; a patient has one group",
                )
            )
    return problems


def _two_owners(segments: Sequence[tuple[int, Segment]]) -> list[Problem]:
    """Find clips that are given to two patients, exams or zones."""
    first: dict[str, tuple[int, tuple[str, str, str]]] = {}
    problems = []
    for line, segment in segments:
        owner = (segment.patient, segment.exam, segment.zone)
        seen_line, seen = first.setdefault(segment.clip, (line, owner))
        if owner != seen:
            problems.append(
                Problem(
                    f"line {line}, column clip",
                    f"the clip is patient, exam, zone {', '.join(owner)} here and "
                    f"{', '.join(seen)} on line {seen_line}; a clip has one of each",
                    segment.clip,
                )
            )
    return problems


def _double_labels(segments: Sequence[tuple[int, Segment]]) -> list[Problem]:
    """Find segments of one clip that label a frame twice."""
    return find_overlaps(
        segments,
        lambda segment: segment.clip,
        "clip; a frame has one score; what several raters said belongs in ratings.csv",
    )

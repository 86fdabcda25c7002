"""What rows of a manifest must not say together; each takes (line, span) pairs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

from lusscore.cohort.frame_range import find_overlaps
from lusscore.cohort.span import Span
from lusscore.errors import Problem


def missing_clips(folder: Path, spans: Sequence[tuple[int, Span]]) -> list[Problem]:
    """Find rows whose clip is not on disk."""
    return [
        Problem(
            f"line {line}, column clip",
            "the clip is not there; expected a file or folder, relative to the manifest or with "
            "its whole path",
            span.clip,
        )
        for line, span in spans
        if not _exists(folder / span.clip)
    ]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def outside_clips(spans: Sequence[tuple[int, Span]]) -> list[Problem]:
    """Find rows whose relative path leads out of the cohort's folder."""
    return [
        Problem(
            f"line {line}, column clip",
            "the path leads out of the cohort's folder; write the whole path of a clip that is "
            "meant to lie elsewhere",
            span.clip,
        )
        for line, span in spans
        if _leads_out(span.clip)
    ]


def _leads_out(clip: str) -> bool:
    """Tell whether a path that is not whole leads out of its folder, here or on another system."""
    if Path(clip).is_absolute():
        return False
    # Windows knows both slashes, and paths that begin at the root or the folder of some drive
    path = PureWindowsPath(clip)
    return ".." in path.parts or (bool(path.anchor) and not path.is_absolute())


def two_groups(spans: Sequence[tuple[int, Span]]) -> list[Problem]:
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


def two_owners(spans: Sequence[tuple[int, Span]]) -> list[Problem]:
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
                    f"the clip is patient, exam, zone {', '.join(owner)} here and "
                    f"{', '.join(seen)} on line {seen_line}; a clip has one of each",
                    span.clip,
                )
            )
    return problems


def double_labels(spans: Sequence[tuple[int, Span]]) -> list[Problem]:
    """Find spans of one clip that label a frame twice."""
    return find_overlaps(
        spans,
        lambda span: span.clip,
        "clip; a frame has one score; what several raters said belongs in ratings.csv",
    )

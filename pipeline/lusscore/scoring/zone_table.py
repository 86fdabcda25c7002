"""A table that gives the zone of each clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lusscore.clips import has_known_suffix
from lusscore.cohort import (
    COLUMN_WORDS,
    Column,
    Protocol,
    choose_columns,
    path_parts,
    zone_in_name,
)
from lusscore.errors import CohortError, ExamError, Problem
from lusscore.files import same_name
from lusscore.records import in_line_order
from lusscore.tables import Row, Table, read_table
from lusscore.wording import plural

_NO_COLUMN = " "


def read_zone_table(
    path: Path, clips: Sequence[Path], protocol: Protocol
) -> tuple[dict[Path, str], tuple[str, ...]]:
    """Read a table with the columns ``clip`` and ``zone``, or others that usually mean these.

    A row names a clip by as much of the end of its path as distinguishes it from the others,
    whatever its capitals, with or without its suffix. Returned are the zone of each clip that has
    one, and notes on how the table was read.

    Raises
    ------
    ExamError
        If it cannot be read, lacks a column, or has bad rows: all are named by their lines.
    """
    table = read_table(path, error=ExamError)
    columns = _columns(table)
    zones: dict[Path, tuple[int, str]] = {}
    problems = list(table.problems)

    def note(row: Row, word: str, what: str) -> None:
        problems.append(Problem(f"line {row.line}, column {columns[word].name}", what))

    for row in table.rows:
        written = columns["clip"].read(row)
        found = clips_named(written, clips)
        if len(found) != 1:
            note(row, "clip", _no_clip(written, len(found)))
        given = columns["zone"].read(row)
        zone = zone_in_name(given, protocol) if given else ""
        if zone is None:
            allowed = ", ".join(protocol.zone_names)
            note(row, "zone", f"{given!r} is not a zone of {protocol.name}; expected {allowed}")
        if len(found) == 1 and zone:
            line, other = zones.setdefault(found[0], (row.line, zone))
            if other != zone:
                note(row, "zone", f"is {zone}, but line {line} gives the same clip {other}")
    if problems:
        raise ExamError(
            plural(len(problems), "problem"),
            advice="correct and run again",
            path=path,
            problems=in_line_order(problems),
        )
    if not table.rows:
        raise ExamError("it has a header but no rows; expected one for each clip", path=path)
    # the table's own note of this names the file, which may be named after a patient
    notes = (
        "The table of zones is not UTF-8 and was read as Windows text (cp1252); if names in it "
        "look wrong, save it as 'CSV UTF-8'.",
    )
    by_clip = {clip: zone for clip, (_, zone) in zones.items()}
    return by_clip, notes if table.encoding == "cp1252" else ()


def _no_clip(written: str, count: int) -> str:
    if not written:
        return "is empty; every row must name a clip"
    if count:
        return f"{written!r} may be any of {count} clips; give its path in the exam's folder"
    return (
        f"{written!r} is no clip of this exam; expected a file's name, or its path in the exam's "
        "folder"
    )


def clips_named(written: str, clips: Sequence[Path]) -> list[Path]:
    """Return the clips whose paths end as `written` does, whatever its slashes and capitals.

    With a suffix that is a clip's the whole name must agree; without, it may be left out.
    """
    wanted = [same_name(part) for part in path_parts(written)]
    if not wanted:
        return []
    for bare in (False, True):
        found = [clip for clip in clips if _ends(clip, wanted, bare)]
        if found:
            return found
    return []


def _ends(clip: Path, wanted: list[str], bare: bool) -> bool:
    parts = [same_name(part) for part in clip.absolute().parts]
    if bare and has_known_suffix(clip):
        parts[-1] = same_name(clip.stem)
    return parts[-len(wanted) :] == wanted


def _columns(table: Table) -> dict[str, Column]:
    # tables of labels must name the patient; here a column that does not exist does
    header = (*table.header, _NO_COLUMN)
    told = {word: "" for word in COLUMN_WORDS if word not in ("clip", "zone")}
    try:
        columns = choose_columns(replace(table, header=header), {**told, "patient": _NO_COLUMN})
    except CohortError:
        columns = {}
    if "clip" not in columns or "zone" not in columns:
        named = ", ".join(repr(name) for name in table.header if name)
        raise ExamError(
            f"it needs a column for the clip and one for the zone; it has {named}",
            advice="name them 'clip' and 'zone'",
            path=table.path,
        )
    return columns

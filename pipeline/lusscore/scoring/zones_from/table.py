"""A table that tells the zone of each clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
from lusscore.records import in_line_order
from lusscore.tables import Row, Table, read_table

_NO_COLUMN = " "


@dataclass
class _Rows:
    """What the rows read so far say of each clip, and what is wrong with them."""

    clips: Sequence[Path]
    columns: dict[str, Column]
    protocol: Protocol
    zones: dict[Path, tuple[int, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take in one row, or note what is wrong with it."""
        clip = self._clip(row)
        zone = self._zone(row)
        if clip is None or not zone:
            return
        line, other = self.zones.setdefault(clip, (row.line, zone))
        if other != zone:
            what = f"says {zone} of a clip that line {line} says {other} of; a clip has one zone"
            self._note(row, "zone", what)

    def _note(self, row: Row, word: str, what: str) -> None:
        place = f"line {row.line}, column {self.columns[word].name}"
        self.problems.append(Problem(place, what))

    def _clip(self, row: Row) -> Path | None:
        written = self.columns["clip"].read(row)
        if not written:
            self._note(row, "clip", "is empty; every row must name a clip")
            return None
        found = clips_named(written, self.clips)
        if len(found) != 1:
            what = (
                f"{written!r} may be any of {len(found)} clips; give its path in the exam's folder"
                if found
                else f"{written!r} is no clip of this exam; expected a file's name, or its path in "
                "the exam's folder"
            )
            self._note(row, "clip", what)
            return None
        return found[0]

    def _zone(self, row: Row) -> str:
        """Return the zone; empty where the row leaves it open or tells none that there is."""
        written = self.columns["zone"].read(row)
        zone = zone_in_name(written, self.protocol) if written else ""
        if zone is None:
            allowed = ", ".join(self.protocol.zone_names)
            what = f"{written!r} is not a zone of {self.protocol.name}; expected one of {allowed}"
            self._note(row, "zone", what)
        return zone or ""


def read_zone_table(
    path: Path, clips: Sequence[Path], protocol: Protocol
) -> tuple[dict[Path, str], tuple[str, ...]]:
    """Read a table with the columns ``clip`` and ``zone``, or others that usually mean these.

    Parameters
    ----------
    path
        Commas, semicolons, tabs or bars; UTF-8, UTF-16 or Windows text.
    clips
        Of the exam. A row names one by as much of the end of its path as tells it from the
        others, in capitals or not, with or without its suffix.
    protocol
        Of the zones.

    Returns
    -------
    zones, notes
        The zone of each clip of which a row tells one; what to know of how the table was read.

    Raises
    ------
    ExamError
        If it cannot be read, lacks a column, or has bad rows: all are named by their lines.
    """
    table = read_table(path, error=ExamError)
    rows = _Rows(clips, _columns(table), protocol)
    for row in table.rows:
        rows.add(row)
    problems = in_line_order([*table.problems, *rows.problems])
    if problems:
        noun = "problem" if len(problems) == 1 else "problems"
        raise ExamError(
            f"{len(problems)} {noun}", advice="correct and run again", path=path, problems=problems
        )
    if not table.rows:
        raise ExamError("it has a header but no rows; expected one for each clip", path=path)
    # the table's own note of this names the file, which may be named after a patient
    notes = (
        "The table of zones is not UTF-8 and was read as Windows text (cp1252); if names in it "
        "look wrong, save it as 'CSV UTF-8'.",
    )
    zones = {clip: zone for clip, (_, zone) in rows.zones.items()}
    return zones, notes if table.encoding == "cp1252" else ()


def clips_named(written: str, clips: Sequence[Path]) -> list[Path]:
    """Return the clips whose paths end as `written` does, whatever its slashes and capitals.

    With a suffix that is a clip's the whole name must agree; without, it may be left out.
    """
    wanted = [part.casefold() for part in path_parts(written)]
    if not wanted:
        return []
    for bare in (False, True):
        found = [clip for clip in clips if _ends(clip, wanted, bare)]
        if found:
            return found
    return []


def _ends(clip: Path, wanted: list[str], bare: bool) -> bool:
    parts = [part.casefold() for part in clip.absolute().parts]
    if bare and has_known_suffix(clip):
        parts[-1] = clip.stem.casefold()
    return parts[-len(wanted) :] == wanted


def _columns(table: Table) -> dict[str, Column]:
    # tables of labels must tell the patient; here a column that is not there does
    header = (*table.header, _NO_COLUMN)
    told = {word: "" for word in COLUMN_WORDS if word not in ("clip", "zone")}
    try:
        columns = choose_columns(replace(table, header=header), {**told, "patient": _NO_COLUMN})
    except CohortError:
        columns = {}
    if "clip" not in columns or "zone" not in columns:
        named = ", ".join(repr(name) for name in table.header if name)
        raise ExamError(
            f"it needs one column that tells the clip and one that tells the zone; it "
            f"has {named}. Name them 'clip' and 'zone'.",
            path=table.path,
        )
    return columns

"""What published data sets have in common: their tables, and patients that are not named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lusscore.cohort.importers.fields import read_score
from lusscore.cohort.segments import Segment
from lusscore.errors import CohortError, Problem
from lusscore.tables import Row, Table, read_table

_MISSING = frozenset(("", "na", "n/a", "nan", "nd", "none", "unknown", "-"))


@dataclass(frozen=True)
class PublishedTable:
    """A table of a data set: its text, and where in a row each column stands."""

    table: Table
    columns: Mapping[str, int]

    def rows(self) -> Iterator[tuple[Row, dict[str, str]]]:
        """Yield each row and its cells by column; a cell that says "not known" is empty."""
        for row in self.table.rows:
            yield row, {name: known(row.cells[at]) for name, at in self.columns.items()}

    def scores(self, clip: str, score: str) -> tuple[dict[str, int | None], list[Problem]]:
        """Read the scores in the column `score` of the clips in the column `clip`."""
        scores: dict[str, int | None] = {}
        problems = []
        for row, cells in self.rows():
            try:
                scores[cells[clip]] = read_score(cells[score])
            except ValueError as error:
                problems.append(Problem(f"line {row.line}, column {score}", str(error)))
        return scores, problems


def read_published(
    path: Path, names: Sequence[str], data_set: str, optional: Sequence[str] = ()
) -> PublishedTable:
    """Read a table as a data set publishes it, whatever bytes stand in its remarks.

    Raises CohortError if it cannot be read or lacks some of the columns `names`, in any case;
    `optional` ones are those that some of its versions lack.
    """
    table = read_table(path, any_bytes=True)
    header = [name.lower() for name in table.header]
    missing = [name for name in names if name.lower() not in header]
    if missing:
        raise CohortError(
            f"it lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; expected "
            f"the table as {data_set} publishes it",
            path=path,
        )
    there = [*names, *(name for name in optional if name.lower() in header)]
    return PublishedTable(table, {name: header.index(name.lower()) for name in there})


def known(cell: str) -> str:
    """Return what a cell says; nothing where it says that it is not known."""
    return "" if cell.lower() in _MISSING else cell


def unknown_patient(source: str, clip: str) -> str:
    """Name the patient of a clip whose patient is not known.

    All such clips of one source are taken for one patient: that can only join people, so that
    folds never part two clips of one.
    """
    return f"unknown-{re.sub(r'[^a-z0-9]+', '-', (source or clip).lower()).strip('-')}"


def notes_on_patients(segments: Sequence[Segment]) -> list[str]:
    """Return a sentence for the user if patients are not known."""
    unknown = {segment.clip for segment in segments if segment.patient.startswith("unknown-")}
    note = (
        f"The patients of {len(unknown)} clips are not known; all of one source are taken for one "
        "patient, so that no fold can part them."
    )
    return [note] if unknown else []


def with_one_group(segments: Sequence[Segment]) -> list[Segment]:
    """Give each patient one group, joined by ``+`` where the clips have several."""
    groups: dict[str, set[str]] = {}
    for segment in segments:
        groups.setdefault(segment.patient, set()).add(segment.group)
    joined = {patient: "+".join(sorted(several - {""})) for patient, several in groups.items()}
    return [replace(segment, group=joined[segment.patient]) for segment in segments]

"""What the tables of published data sets have in common: gaps in patients, groups and rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lusscore.cohort.segments import Segment
from lusscore.errors import CohortError
from lusscore.tables import Row, Table

_MISSING = frozenset(("", "na", "n/a", "nan", "nd", "none", "unknown", "-"))


def columns_of(table: Table, names: Sequence[str], data_set: str) -> dict[str, int]:
    """Return where in the header the columns `names` stand; capitals do not matter.

    Raises
    ------
    CohortError
        If some are missing; all are named.
    """
    header = [name.lower() for name in table.header]
    missing = [name for name in names if name.lower() not in header]
    if missing:
        raise CohortError(
            f"{table.path} lacks the column{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}; expected the table as {data_set} publishes it."
        )
    return {name: header.index(name.lower()) for name in names}


def cell(row: Row, columns: Mapping[str, int], name: str) -> str:
    """Return a row's cell; empty where it says that nothing is known."""
    text = row.cells[columns[name]]
    return "" if text.lower() in _MISSING else text


def stand_in(source: str, clip: str) -> str:
    """Name the patient of a clip whose patient is not told.

    All such clips of one source are taken for one patient: that can only join people, so that
    folds never part two clips of one.
    """
    return f"unknown-{re.sub(r'[^a-z0-9]+', '-', (source or clip).lower()).strip('-')}"


def with_one_group(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Give each patient one group, joined by ``+`` where the clips tell several."""
    groups: dict[str, set[str]] = {}
    for segment in segments:
        groups.setdefault(segment.patient, set()).add(segment.group)
    joined = {patient: "+".join(sorted(told - {""})) for patient, told in groups.items()}
    return tuple(replace(segment, group=joined[segment.patient]) for segment in segments)


def told_of_unknown(segments: Sequence[Segment]) -> tuple[str, ...]:
    """Return a sentence for the user if patients are not told."""
    unknown = {segment.clip for segment in segments if segment.patient.startswith("unknown-")}
    if not unknown:
        return ()
    return (
        f"Of {len(unknown)} clips the patient is not told; all of one source are taken for one "
        "patient, so that no fold can part them.",
    )

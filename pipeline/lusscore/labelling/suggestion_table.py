"""Suggestions as a table to be filled in, and saving what was filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from lusscore.cohort import Cohort, read_cohort, read_frame_range, read_score
from lusscore.errors import CohortError, InvalidCohortError, Problem
from lusscore.files import csv_text, nfc, write_text
from lusscore.labelling.labels import Recorded, check_rater, record_label
from lusscore.labelling.suggest import Suggestion
from lusscore.tables import Row, read_table

COLUMNS = ("clip", "patient", "exam", "zone", "frame_start", "frame_end")


def write_suggestions(path: Path, suggestions: Sequence[Suggestion]) -> None:
    """Write a table with an empty column ``score`` for a rater to fill in.

    ``lusscore suggest --record`` saves it in the cohort, and ``lusscore import csv`` makes a cohort
    of its own of it. It holds no predictions, which would bias the rater.

    Raises
    ------
    WriteError
        If the file cannot be written.
    """
    rows: list[list[object]] = [[*COLUMNS, "score", "rank", "reason"]]
    for one in suggestions:
        cells = vars(one.segment)
        if one.segment.frame_start == 0 and one.segment.frame_end is None:
            cells = cells | {"frame_start": None}
        rows.append([*(cells[name] for name in COLUMNS), "", one.rank, one.blind_reason])
    write_text(path, csv_text(rows))


def record_table(cohort_folder: Path, table: Path, rater: str) -> tuple[Recorded, ...]:
    """Save the scores that were filled in, as :func:`lusscore.labelling.record_label` does.

    Rows without a score are passed over. All rows are looked at before the first is saved.

    The table is as :func:`write_suggestions` writes it; other columns, semicolons and tabs do no
    harm.

    Raises
    ------
    CohortError
        If the table cannot be read or lacks columns, or nothing can be saved.
    InvalidCohortError
        If rows name no clip of the cohort or no score: all are named.
    """
    check_rater(rater)
    cohort = read_cohort(cohort_folder, check_files=False)
    read = read_table(table)
    missing = [name for name in ("clip", "score") if name not in read.header]
    if missing:
        raise CohortError(
            f"{table.name} lacks the column {missing[0]}; expected a table that 'lusscore suggest "
            "--csv' wrote, with scores filled in."
        )
    problems = list(read.problems)
    labels = [_label(row, read.header, cohort, problems) for row in read.rows]
    if problems:
        raise InvalidCohortError.of(table.name, problems)
    return tuple(
        record_label(cohort_folder, clip, score, rater, frames=frames)
        for clip, score, frames in filter(None, labels)
    )


def _label(
    row: Row, header: Sequence[str], cohort: Cohort, problems: list[Problem]
) -> tuple[str, int, tuple[int, int | None]] | None:
    cells = dict(zip(header, row.cells, strict=True))

    def note(column: str, what: str) -> None:
        problems.append(Problem(f"line {row.line}, column {column}", what))

    try:
        score = read_score(cells["score"])
    except ValueError as error:
        note("score", str(error))
        score = None
    else:
        if score is None:
            return None
    words = ("frame_start", "frame_end")
    frames = read_frame_range(
        {word: re.sub(r"[.,]0+$", "", cells.get(word, "")) for word in words}, note
    )
    there = [one for one in cohort.segments if nfc(one.clip) == nfc(cells["clip"])]
    if frames not in [(segment.frame_start, segment.frame_end) for segment in there]:
        what = "has no row of those frames" if there else "is not in the manifest"
        note("clip", f"the clip {what} of cohort {cohort.name}; leave clips as they were written")
    return None if score is None or not there else (there[0].clip, score, frames)

"""A table of labels: any CSV file with one row for each clip, stretch or rater."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lusscore.cohort.card import Card
from lusscore.cohort.importers.reading.column_words import Column, choose_columns
from lusscore.cohort.importers.reading.label_level import label_level_of
from lusscore.cohort.importers.reading.media_index import MediaIndex
from lusscore.cohort.importers.reading.visits import name_exams
from lusscore.cohort.importers.registry import (
    Imported,
    ImportOptions,
    cohort_name,
    register_importer,
)
from lusscore.cohort.importers.table_checks import two_owners, two_scores
from lusscore.cohort.importers.table_rows import RowReader
from lusscore.cohort.manifest import two_groups
from lusscore.cohort.protocols import get_protocol
from lusscore.cohort.segments import Segment
from lusscore.cohort.zone_names import choose_protocol
from lusscore.errors import CohortError, InvalidCohortError
from lusscore.records import in_line_order
from lusscore.tables import Table, read_table


@register_importer(
    "csv",
    "any table of labels: CSV, TSV or semicolons, see --column and --media",
    "columns",
    "media",
)
def import_table(source: Path, options: ImportOptions) -> Imported:
    """Read a table with one row for each clip, stretch of a clip, or rater's score of one.

    Columns are recognised by usual names or told by ``options.columns`` (see
    :func:`~lusscore.cohort.importers.reading.column_words.choose_columns`). Clips are looked for in
    ``options.media``, else beside the table. Seconds become frames by the clip's own clock. Where
    exams are dates, the visits of each patient are numbered and the dates not kept.

    Raises
    ------
    CohortError
        If the table cannot be read or its columns are not understood.
    InvalidCohortError
        If rows are bad: all are named with line, column and value.
    """
    if source.is_dir():
        raise CohortError(f"{source} is a folder; expected the table itself, a CSV file.")
    table = read_table(source)
    columns = choose_columns(table, options.columns)
    if not table.rows and not table.problems:
        raise CohortError(f"{source} has a header but no rows; expected one for each label.")
    media = MediaIndex(options.media or source.parent)
    written = {columns["zone"].read(row) for row in table.rows} if "zone" in columns else set()
    protocol = (
        get_protocol(options.protocol) if options.protocol else choose_protocol(written - {""})
    )
    reading = RowReader(columns, media, protocol, _exams(table, columns))
    read = [
        (row.line, segment) for row in table.rows if (segment := reading.segment(row)) is not None
    ]
    segments = tuple(segment for _, segment in read)
    problems = [*table.problems, *reading.problems, *two_groups(read)]
    problems += two_owners(read, columns) + two_scores(read, columns)
    if problems:
        raise InvalidCohortError.of(source, in_line_order(problems))
    card = Card(
        name=options.name or cohort_name(source.stem),
        protocol=protocol.name,
        rubric=options.rubric or "unknown",
        source=f"table {source.name}",
        label_level=label_level_of(segments),
        extraction=options.extraction,
    )
    return Imported(card, segments, _unnamed(media, segments) if options.media else (), table.notes)


def _exams(table: Table, columns: Mapping[str, Column]) -> dict[tuple[str, str], str]:
    """Map (patient, exam as written) to the exam's name, which is never a date."""
    if "exam" not in columns:
        return {}
    visits = [(columns["patient"].read(row), columns["exam"].read(row)) for row in table.rows]
    where = f"Column {columns['exam'].name!r} of {table.path.name}"
    return name_exams([visit for visit in visits if visit[1]], where)


def _unnamed(media: MediaIndex, segments: tuple[Segment, ...]) -> tuple[str, ...]:
    """Return the clips that no row names, relative to the folder of all clips."""
    named = {Path(segment.clip) for segment in segments}
    return tuple(
        clip.relative_to(media.folder).as_posix()
        for clip in media.clips
        if clip not in named and clip.parent not in named and not clip.is_dir()
    )

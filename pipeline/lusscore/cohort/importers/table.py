"""A table of labels: any CSV file with one row for each clip, segment or rater."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lusscore.cohort.importers.columns import COLUMN_WORDS, Column, choose_columns
from lusscore.cohort.importers.fields import name_exams, read_score, read_zone
from lusscore.cohort.importers.media import (
    MediaIndex,
    MissingClipError,
    frame_count,
    frames_shown,
    label_level_of,
)
from lusscore.cohort.importers.registry import (
    Import,
    Imported,
    ImportOptions,
    cohort_name,
    register_importer,
)
from lusscore.cohort.protocols import Protocol
from lusscore.cohort.segments import Segment, frame_end, read_frame_range, two_groups
from lusscore.errors import ClipError, CohortError, Problem
from lusscore.records import in_line_order
from lusscore.tables import Row, Table, read_table

_Read = Sequence[tuple[int, Segment]]
"""Lines, and what they say."""


@register_importer(
    "csv",
    "any table of labels: CSV, TSV, semicolons or XLSX, see --column and --media",
    "columns",
    "media",
)
def import_table(source: Path, options: ImportOptions) -> Imported:
    """Read a table with one row for each clip, segment of a clip, or rater's score of one.

    Columns are recognised by usual names or chosen by ``options.columns`` (see
    :func:`~lusscore.cohort.importers.columns.choose_columns`). Clips are looked for in
    ``options.media``, else beside the table. Seconds become frames by the clip's own clock. Where
    exams are dates, the visits of each patient are numbered and the dates not kept.
    """
    if source.is_dir():
        raise CohortError("this is a folder; expected the table itself, a CSV file", path=source)
    job = Import(source, options)
    table = read_table(source)
    job.notes += table.notes
    columns = choose_columns(table, options.columns)
    if not table.rows and not table.problems:
        raise CohortError("it has a header but no rows; expected one for each label", path=source)
    media = MediaIndex(options.media or source.parent)
    zones = {columns["zone"].read(row) for row in table.rows} if "zone" in columns else set()
    protocol = job.protocol_for(zones)
    reader = _RowReader(columns, media, protocol, _exams(table, columns), job)
    read = [(row.line, segment) for row in table.rows if (segment := reader.segment(row))]
    problems = [*table.problems, *reader.problems, *two_groups(read)]
    problems += _two_owners(read, columns) + _two_scores(read, columns)
    job.problems += in_line_order(problems)
    segments = [segment for _, segment in read]
    if options.media and not problems:
        job.ignored += _unnamed(media, segments)
    return job.finish(
        segments,
        name=cohort_name(source.stem),
        protocol=protocol.name,
        source=f"table {source.name}",
        label_level=label_level_of(segments),
    )


def _exams(table: Table, columns: Mapping[str, Column]) -> dict[tuple[str, str], str]:
    """Map (patient, exam as written) to the exam's name, which is never a date."""
    if "exam" not in columns:
        return {}
    visits = [(columns["patient"].read(row), columns["exam"].read(row)) for row in table.rows]
    where = f"Column {columns['exam'].name!r} of {table.path.name}"
    return name_exams([visit for visit in visits if visit[1]], where)


def _unnamed(media: MediaIndex, segments: Sequence[Segment]) -> list[str]:
    """Return the clips that no row names, relative to the folder of all clips."""
    named = {Path(segment.clip) for segment in segments}
    return [
        clip.relative_to(media.folder).as_posix()
        for clip in media.clips
        if clip not in named and clip.parent not in named and not clip.is_dir()
    ]


class _RowReader:
    """Makes segments of rows, and notes in `problems` what is wrong with them."""

    def __init__(
        self,
        columns: Mapping[str, Column],
        media: MediaIndex,
        protocol: Protocol,
        exams: Mapping[tuple[str, str], str],
        job: Import,
    ) -> None:
        self._job = job
        self._columns = columns
        self._media = media
        self._protocol = protocol
        self._exams = exams
        self.problems: list[Problem] = []

    def segment(self, row: Row) -> Segment | None:
        """Return one row's segment; None where it is bad."""
        cells = dict.fromkeys(COLUMN_WORDS, "")
        cells |= {word: column.read(row) for word, column in self._columns.items()}
        problems: list[Problem] = []

        def note(word: str, what: str) -> None:
            problems.append(Problem(_place(row.line, word, self._columns), what))

        for word in ("clip", "patient"):
            if not cells[word]:
                note(word, "is empty; every row must give it")
        clip, zone, score = Path(), "", None
        try:
            clip = self._media.find(cells["clip"]) if cells["clip"] else clip
        except LookupError as error:
            if isinstance(error, MissingClipError) and self._job.not_here(cells["clip"]):
                return None
            note("clip", f"{error} (choose another folder with --media)")
        try:
            zone = read_zone(cells["zone"], self._protocol)
        except ValueError as error:
            note("zone", str(error))
        try:
            score = read_score(cells["score"])
        except ValueError as error:
            note("score", str(error))
        start, end = 0, None
        if not problems:
            by_time = "start_time" in self._columns or "end_time" in self._columns
            start, end = (_frames_of_seconds if by_time else _frames)(cells, clip, note)
        self.problems += problems
        if problems:
            return None
        exam = self._exams.get((cells["patient"], cells["exam"]), "1")
        owner = (clip.as_posix(), cells["patient"], exam, zone)
        others = {word: cells[word] for word in ("group", "device", "rater")}
        return Segment(*owner, score, frame_start=start, frame_end=end, **others)


_Note = Callable[[str, str], None]
"""Takes our word for a column, and what is wrong with its cell."""


def _frames(cells: dict[str, str], clip: Path, note: _Note) -> tuple[int, int | None]:
    """Read frame numbers, and note those beyond the clip's end."""
    words = ("frame_start", "frame_end")
    cells = {word: cells[word].removesuffix(".0") for word in words}
    start, end = read_frame_range(cells, note)
    try:
        count = frame_count(clip) if any(cells.values()) else math.inf
    except ClipError:  # which whoever decodes the clip will report
        count = math.inf
    for word, number in (("frame_start", start + 1), ("frame_end", end or 0)):
        if number > count:
            note(
                word,
                f"{cells[word]} is beyond the clip's {count} frames; they are numbered from 0, and "
                f"frame_end is at most {count}",
            )
            break
    return start, end


def _frames_of_seconds(cells: dict[str, str], clip: Path, note: _Note) -> tuple[int, int | None]:
    seconds = {"start_time": 0.0, "end_time": math.inf}
    for word in seconds:
        if cells[word]:
            try:
                seconds[word] = _seconds(cells[word])
            except ValueError as error:
                note(word, str(error))
    start, end = seconds.values()
    if (start, end) == (0.0, math.inf):
        return 0, None
    word = "end_time" if cells["end_time"] else "start_time"
    try:
        return frames_shown(clip, start, end)
    except ClipError as error:
        note(word, f"cannot be turned into frames: {error.without_path()}")
    except ValueError as error:
        note(word, str(error))
    return 0, None


def _seconds(cell: str) -> float:
    """Read seconds, with a point or a comma."""
    try:
        seconds = float(cell.replace(",", "."))
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{cell!r} is not allowed; expected seconds from 0 or nothing")
    return seconds


def _place(line: int, word: str, columns: Mapping[str, Column]) -> str:
    return f"line {line}, column {columns[word].name if word in columns else word}"


def _two_owners(read: _Read, columns: Mapping[str, Column]) -> list[Problem]:
    """Find clips that two rows give to different patients, exams or zones; empty is no other."""
    first: dict[tuple[str, str], tuple[int, str]] = {}
    problems = []
    for line, segment in read:
        for word in ("patient", "exam", "zone"):
            value = getattr(segment, word)
            if not value:
                continue
            other_line, other = first.setdefault((segment.clip, word), (line, value))
            if value != other:
                what = (
                    f"the clip has the {word} {value!r} here and {other!r} on line {other_line}; "
                    f"a clip has one {word}"
                )
                problems.append(Problem(_place(line, word, columns), what, segment.clip))
                # another patient has other exams: one contradiction is enough for a row
                break
    return problems


def _two_scores(read: _Read, columns: Mapping[str, Column]) -> list[Problem]:
    """Find rows in which one rater gives frames of a clip another score than in an earlier one."""
    alike: dict[tuple[str, str], list[tuple[int, Segment]]] = {}
    for line, segment in read:
        if segment.score is not None:
            alike.setdefault((segment.clip, segment.rater), []).append((line, segment))
    problems = []
    for rows in alike.values():
        # of each score, the row that reaches furthest: whatever overlaps one of it overlaps that
        furthest: dict[int | None, tuple[int, Segment]] = {}
        for row in sorted(rows, key=lambda row: row[1].frame_start):
            segment = row[1]
            for score, other in furthest.items():
                if score != segment.score and frame_end(other[1]) > segment.frame_start:
                    (line, first), (here, again) = sorted((row, other), key=lambda one: one[0])
                    who = f"rater {segment.rater!r}" if segment.rater else "one rater"
                    what = (
                        f"{who} gives frames of the clip the score {again.score} here and "
                        f"{first.score} on line {line}; a rater gives a frame one score (--column "
                        "rater=NAME chooses the column of raters)"
                    )
                    problems.append(Problem(_place(here, "score", columns), what, segment.clip))
                    break
            known = furthest.get(segment.score)
            if known is None or frame_end(known[1]) < frame_end(segment):
                furthest[segment.score] = row
    return problems

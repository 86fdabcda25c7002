"""A table of labels: any CSV file with one row for each clip, segment or rater."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from lusscore.cohort.importers.columns import Column, choose_columns
from lusscore.cohort.importers.fields import name_exams, read_score
from lusscore.cohort.importers.media import (
    MediaIndex,
    frame_count,
    frame_times,
    frames_between,
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
from lusscore.cohort.zone_names import find_zone
from lusscore.errors import ClipError, CohortError, Problem
from lusscore.records import in_line_order
from lusscore.tables import Row, Table, read_table

_Read = Sequence[tuple[int, Segment]]
"""Lines, and what they say."""


@register_importer(
    "csv",
    "any table of labels: CSV, TSV or semicolons, see --column and --media",
    "columns",
    "media",
)
def import_table(source: Path, options: ImportOptions) -> Imported:
    """Read a table with one row for each clip, segment of a clip, or rater's score of one.

    Columns are recognised by usual names or chosen by ``options.columns`` (see
    :func:`~lusscore.cohort.importers.columns.choose_columns`). Clips are looked for in
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
    reader = _RowReader(columns, media, protocol, _exams(table, columns))
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
    ) -> None:
        self._columns = columns
        self._media = media
        self._protocol = protocol
        self._exams = exams
        self.problems: list[Problem] = []

    def segment(self, row: Row) -> Segment | None:
        """Return one row's segment; None where it is bad."""
        found = len(self.problems)
        clip = self._clip(row)
        patient = self._cell(row, "patient")
        if not patient:
            self._note(row, "patient", "is empty; every row must give it")
        zone = self._zone(row)
        score = self._score(row)
        if clip is None or len(self.problems) > found:
            return None
        seconds = "start_time" in self._columns or "end_time" in self._columns
        start, end = self._frames_of_seconds(row, clip) if seconds else self._frames(row, clip)
        if len(self.problems) > found:
            return None
        return Segment(
            clip=clip.as_posix(),
            patient=patient,
            exam=self._exams.get((patient, self._cell(row, "exam")), "1"),
            zone=zone,
            score=score,
            frame_start=start,
            frame_end=end,
            group=self._cell(row, "group"),
            device=self._cell(row, "device"),
            rater=self._cell(row, "rater"),
        )

    def _cell(self, row: Row, word: str) -> str:
        return self._columns[word].read(row) if word in self._columns else ""

    def _note(self, row: Row, word: str, what: str) -> None:
        self.problems.append(Problem(_place(row.line, word, self._columns), what))

    def _clip(self, row: Row) -> Path | None:
        written = self._cell(row, "clip")
        if not written:
            self._note(row, "clip", "is empty; every row must give it")
            return None
        try:
            return self._media.find(written)
        except LookupError as error:
            self._note(row, "clip", f"{error} (choose another folder with --media)")
            return None

    def _zone(self, row: Row) -> str:
        written = self._cell(row, "zone")
        zone = find_zone(written, self._protocol) if written else ""
        if zone is None:
            self._note(
                row,
                "zone",
                f"{written!r} is not a zone of {self._protocol.name}; expected one of "
                f"{', '.join(self._protocol.zone_names)} or nothing (choose another protocol with "
                "--protocol)",
            )
        return zone or ""

    def _score(self, row: Row) -> int | None:
        try:
            return read_score(self._cell(row, "score"))
        except ValueError as error:
            self._note(row, "score", str(error))
            return None

    def _frames(self, row: Row, clip: Path) -> tuple[int, int | None]:
        """Read frame numbers, and note those beyond the clip's end."""
        found = len(self.problems)
        words = ("frame_start", "frame_end")
        cells = {word: self._cell(row, word).removesuffix(".0") for word in words}
        start, end = read_frame_range(cells, lambda word, what: self._note(row, word, what))
        if (start, end) == (0, None) or len(self.problems) > found:
            return start, end
        try:
            count = frame_count(clip)
        except ClipError:  # which whoever decodes the clip will report
            return start, end
        if start >= count or (end is not None and end > count):
            word, number = ("frame_start", start) if start >= count else ("frame_end", end)
            what = f"{number} is beyond the clip's {count} frames; they are numbered from 0, and"
            self._note(row, word, f"{what} frame_end is at most {count}")
        return start, end

    def _frames_of_seconds(self, row: Row, clip: Path) -> tuple[int, int | None]:
        start = self._seconds(row, "start_time", 0.0)
        end = self._seconds(row, "end_time", math.inf)
        if math.isnan(start + end) or (start, end) == (0.0, math.inf):
            return 0, None
        word = "end_time" if "end_time" in self._columns else "start_time"
        try:
            times = frame_times(clip)
        except ClipError as error:
            self._note(row, word, f"cannot be turned into frames: {error}")
            return 0, None
        first, last = frames_between(times, start, end)
        if first >= (len(times) if last is None else last):
            what = f"no frame of the clip is shown from {start:g} s to {end:g} s; it lasts"
            self._note(row, word, f"{what} {times[-1]:.2f} s")
        return first, last

    def _seconds(self, row: Row, word: str, empty: float) -> float:
        """Read seconds, with a point or a comma; note what is none and return NaN."""
        cell = self._cell(row, word)
        try:
            seconds = float(cell.replace(",", ".")) if cell else empty
        except ValueError:
            seconds = math.nan
        if cell and not 0 <= seconds < math.inf:
            self._note(row, word, f"{cell!r} is not allowed; expected seconds from 0 or nothing")
            return math.nan
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
            line, segment = row
            for score, other in furthest.items():
                if score != segment.score and frame_end(other[1]) > segment.frame_start:
                    there, here = sorted((row, other), key=lambda one: one[0])
                    problems.append(_two_scores_problem(here, there, columns))
                    break
            known = furthest.get(segment.score)
            if known is None or frame_end(known[1]) < frame_end(segment):
                furthest[segment.score] = row
    return problems


def _two_scores_problem(
    here: tuple[int, Segment], there: tuple[int, Segment], columns: Mapping[str, Column]
) -> Problem:
    segment = here[1]
    who = f"rater {segment.rater!r}" if segment.rater else "one rater"
    what = (
        f"{who} gives frames of the clip the score {segment.score} here and {there[1].score} on "
        f"line {there[0]}; a rater gives a frame one score (--column rater=NAME chooses the "
        "column of raters)"
    )
    return Problem(_place(here[0], "score", columns), what, segment.clip)

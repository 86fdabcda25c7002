"""One row of a table of labels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lusscore.cohort.importers.reading.clip_times import frame_count, frame_times, frames_between
from lusscore.cohort.importers.reading.column_words import Column
from lusscore.cohort.importers.reading.media_index import MediaIndex
from lusscore.cohort.importers.reading.score_words import read_score
from lusscore.cohort.protocols import Protocol
from lusscore.cohort.segments import Segment, read_frame_range
from lusscore.cohort.zone_names import find_zone
from lusscore.errors import ClipError, Problem
from lusscore.tables import Row

ONLY_EXAM = "1"
"""What the exam is called where a source tells none."""


@dataclass
class RowReader:
    """Turns rows into segments and gathers what is wrong with them.

    Attributes
    ----------
    columns
        Our word → where it stands in a row.
    media
        Where clips are looked for.
    protocol
        Decides which zones are allowed.
    exams
        (patient, exam as written) → the exam's name.
    problems
        What was wrong with the rows read so far.
    """

    columns: Mapping[str, Column]
    media: MediaIndex
    protocol: Protocol
    exams: Mapping[tuple[str, str], str]
    problems: list[Problem] = field(default_factory=list)

    def segment(self, row: Row) -> Segment | None:
        """Return one row's segment; None where it is bad, which is noted."""
        found = len(self.problems)
        clip = self._clip(row)
        patient = self._cell(row, "patient")
        if not patient:
            self._note(row, "patient", "is empty; every row must give it")
        zone = self._zone(row)
        score = self._score(row)
        if clip is None or len(self.problems) > found:
            return None
        start, end = self._frames(row, clip)
        if len(self.problems) > found:
            return None
        return Segment(
            clip=clip.as_posix(),
            patient=patient,
            exam=self.exams.get((patient, self._cell(row, "exam")), ONLY_EXAM),
            zone=zone,
            score=score,
            frame_start=start,
            frame_end=end,
            group=self._cell(row, "group"),
            device=self._cell(row, "device"),
            rater=self._cell(row, "rater"),
        )

    def _cell(self, row: Row, word: str) -> str:
        return self.columns[word].read(row) if word in self.columns else ""

    def _note(self, row: Row, word: str, what: str) -> None:
        name = self.columns[word].name
        self.problems.append(Problem(f"line {row.line}, column {name}", what))

    def _clip(self, row: Row) -> Path | None:
        written = self._cell(row, "clip")
        if not written:
            self._note(row, "clip", "is empty; every row must give it")
            return None
        try:
            return self.media.find(written)
        except LookupError as error:
            self._note(row, "clip", f"{error} (--media tells another folder)")
            return None

    def _zone(self, row: Row) -> str:
        written = self._cell(row, "zone")
        zone = find_zone(written, self.protocol) if written else ""
        if zone is None:
            allowed = ", ".join(self.protocol.zone_names)
            what = f"{written!r} is not a zone of {self.protocol.name}; expected one of {allowed}"
            self._note(row, "zone", f"{what} or nothing (--protocol tells another protocol)")
        return zone or ""

    def _score(self, row: Row) -> int | None:
        try:
            return read_score(self._cell(row, "score"))
        except ValueError as error:
            self._note(row, "score", str(error))
            return None

    def _frames(self, row: Row, clip: Path) -> tuple[int, int | None]:
        if "start_time" in self.columns or "end_time" in self.columns:
            return self._frames_of_seconds(row, clip)
        words = ("frame_start", "frame_end")
        cells = {word: self._cell(row, word).removesuffix(".0") for word in words}
        found = len(self.problems)
        start, end = read_frame_range(cells, lambda word, what: self._note(row, word, what))
        if (start, end) != (0, None) and len(self.problems) == found:
            self._check_end(row, clip, start, end)
        return start, end

    def _check_end(self, row: Row, clip: Path, start: int, end: int | None) -> None:
        """Note frames beyond the clip's end; a clip that cannot be read is told of later."""
        try:
            count = frame_count(clip)
        except ClipError:
            return
        if start >= count or (end is not None and end > count):
            word, number = ("frame_start", start) if start >= count else ("frame_end", end)
            what = f"{number} is beyond the clip's {count} frames; they are numbered from 0, and"
            self._note(row, word, f"{what} frame_end is at most {count}")

    def _frames_of_seconds(self, row: Row, clip: Path) -> tuple[int, int | None]:
        bounds = {"start_time": 0.0, "end_time": math.inf}
        for word in bounds:
            cell = self._cell(row, word)
            if cell:
                bounds[word] = _seconds(cell)
                if math.isnan(bounds[word]):
                    what = f"{cell!r} is not allowed; expected seconds from 0 or nothing"
                    self._note(row, word, what)
        start, end = bounds.values()
        if math.isnan(start + end) or (start, end) == (0.0, math.inf):
            return 0, None
        word = "end_time" if "end_time" in self.columns else "start_time"
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


def _seconds(cell: str) -> float:
    """Read seconds, with a point or a comma; NaN where they are none."""
    try:
        seconds = float(cell.replace(",", "."))
    except ValueError:
        return math.nan
    return seconds if 0 <= seconds < math.inf else math.nan

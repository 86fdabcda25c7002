"""The rows of POCUS's table and the slips in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lusscore.cohort.importers.reading.public_tables import cell, columns_of, stand_in
from lusscore.cohort.importers.reading.score_words import read_score
from lusscore.cohort.segments import Segment
from lusscore.errors import Problem
from lusscore.tables import Row, Table

_COLUMNS = (
    *("Current location", "Filename", "Label", "Lung Severity Score", "Type", "Probe"),
    *("Source ID", "Resolution", "Patient ID / Name"),
)
_FOLDERS = {"video": "pocus_videos", "image": "pocus_images"}
_GROUPS = {
    "covid-19": "covid",
    "regular": "healthy",
    "bacterial pneumonia": "bacterial-pneumonia",
    "viral pneumonia": "viral-pneumonia",
}
_LEFT_OUT = re.compile(r"not[ _](?:to[ _])?use", re.IGNORECASE)
_RESOLUTION = re.compile(r"\d+ ?x ?\d+")


class PocusRows:
    """Turns the rows of ``dataset_metadata.csv`` into segments.

    Parameters
    ----------
    table
        The table.
    clips
        All clips that it may name.

    Attributes
    ----------
    problems
        Rows whose severity is no score, once :meth:`segments` was read.
    ignored
        Rows that give no segment, and why.

    Raises
    ------
    CohortError
        If columns are missing.
    """

    def __init__(self, table: Table, clips: Sequence[Path]) -> None:
        self.table = table
        self.columns = columns_of(table, _COLUMNS, "jannisborn/covid19_ultrasound")
        self.clips = clips
        self.problems: list[Problem] = []
        self.ignored = [f"{table.path.name} {problem.where}" for problem in table.problems]
        self._by_name: dict[str, list[Path]] = {}
        for clip in clips:
            for name in {_plain(clip.name), _plain(clip.stem)}:
                self._by_name.setdefault(name, []).append(clip)

    def segments(self) -> Iterator[Segment]:
        """Yield a segment for each row whose clip is there, noting the others."""
        seen: dict[Path, int | None] = {}
        for row in self.table.rows:
            segment = self._segment(row)
            if segment is None:
                continue
            clip = Path(segment.clip)
            if clip not in seen:
                seen[clip] = segment.score
                yield segment
            elif seen[clip] != segment.score:
                self._note(row, "Filename", "names a clip again, with another severity")

    def _segment(self, row: Row) -> Segment | None:
        def told(name: str) -> str:
            return cell(row, self.columns, name)

        if _LEFT_OUT.search(told("Current location")):
            self.ignored.append(f"{told('Filename')} (not to be used, says the table)")
            return None
        found = self._find(told("Filename"), told("Type"), told("Probe"))
        if len(found) != 1:
            why = "several files" if found else "no file"
            self.ignored.append(f"{told('Filename')} ({why} in this copy)")
            return None
        try:
            score = read_score(told("Lung Severity Score"))
        except ValueError as error:
            self._note(row, "Lung Severity Score", str(error))
            return None
        label = told("Label").lower()
        probe = told("Probe").lower()
        origin = told("Source ID")
        return Segment(
            clip=found[0].as_posix(),
            patient=self._patient(row)
            or stand_in(f"source-{origin}" if origin else "", found[0].stem),
            exam="1",
            zone="",
            score=score,
            group=_GROUPS.get(label, label.replace(" ", "-")),
            device=f"{probe} probe" if probe else "",
        )

    def _find(self, name: str, kind: str, probe: str) -> list[Path]:
        found = self._by_name.get(_plain(name), [])
        for wanted in (_FOLDERS.get(kind.lower(), ""), probe.lower()):
            fitting = [clip for clip in found if wanted in map(str.lower, clip.parts[:-1])]
            found = fitting or found
        return found

    def _patient(self, row: Row) -> str:
        """Return the patient, also of a row that a comma without quotes has pushed to the right."""
        place, patient = self.columns["Resolution"], self.columns["Patient ID / Name"]
        pushed = next(
            (
                shift
                for shift, text in enumerate(row.cells[place:patient])
                if _RESOLUTION.fullmatch(text)
            ),
            0,
        )
        columns = {"patient": min(patient + pushed, len(row.cells) - 1)}
        return cell(row, columns, "patient")

    def _note(self, row: Row, column: str, what: str) -> None:
        self.problems.append(Problem(f"line {row.line}, column {column}", what))


def _plain(name: str) -> str:
    """Write a file's name so that small slips in the table do not matter."""
    return name.strip().rstrip(". ").lower()

"""Which column of a table means what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lusscore.cohort.importers.fields import check_words, part_of, read_choice
from lusscore.errors import CohortError
from lusscore.tables import Row, Table
from lusscore.wording import listed

_GUESSES = {
    "clip": "clip file filename file_name filepath file_path path video video_file video_name "
    "video_path image image_file image_path media datei dateiname fichier nom_du_fichier archivo "
    "fichero nombre_de_archivo arquivo nome_file",
    "patient": "patient patient_id patientid patient_no patient_number subject subject_id pid "
    "patient_in patientennummer patiente paciente paziente",
    "exam": "exam exam_id examination visit visit_id session timepoint study date exam_date "
    "visit_date study_date untersuchung datum visite examen exploracion visita esame exame",
    "zone": "zone location region position lung_zone lung_region lung_position bluepoint "
    "blue_point lokalisation localisation emplacement zona localizacion posizione localizacao",
    "score": "score lus luss lus_score lung_score lung_ultrasound_score severity severity_score "
    "lung_severity_score punktwert schweregrad severite severidad punteggio pontuacao",
    "rater": "rater annotator reader reviewer observer expert labeller labeler "
    "befunder lecteur evaluador lettore avaliador",
    "group": "group gruppe groupe grupo gruppo",
    "device": "device machine scanner ultrasound_device gerat appareil dispositivo equipo aparelho",
    "frame_start": "frame_start start_frame first_frame start",
    "frame_end": "frame_end end_frame end",
    "start_time": "start_time time_start start_s start_sec start_seconds",
    "end_time": "end_time time_end end_s end_sec end_seconds",
}
COLUMN_WORDS = tuple(_GUESSES)
"""Our words for the columns of a table, which ``--column`` takes."""


@dataclass(frozen=True)
class Column:
    """Where in a row a value stands; the pattern is the part of the cell that is meant."""

    name: str
    index: int
    pattern: re.Pattern[str] | None = None

    def read(self, row: Row) -> str:
        """Return the value in `row`; empty where there is none or the pattern does not fit."""
        return part_of(row.cells[self.index], self.pattern)


def choose_columns(table: Table, chosen: Mapping[str, str]) -> dict[str, Column]:
    """Decide which columns of a table are meant by our words.

    The user has `chosen`: our word → the column's name, or ``name~expression`` for a part of its
    cells, or nothing where the table has no such column. The rest is guessed from usual names.

    Raises CohortError, which lists the columns and says which option to use, if a word or column
    is unknown, two columns may be meant, or one that is needed is missing.
    """
    check_words(chosen, COLUMN_WORDS)
    columns = {}
    for word in _GUESSES:
        if word in chosen:
            column = _chosen(word, chosen[word], table)
        else:
            column = _guess(word, table, set(chosen.values()))
        if column is not None:
            columns[word] = column
    missing = [
        word
        for word in ("clip", "patient", "score")
        if word not in columns and chosen.get(word) != ""
    ]
    if missing:
        others = f", and so on for {listed(missing[1:])}" if missing[1:] else ""
        raise CohortError(
            f"No column of {table.path.name} is known to mean {listed(missing)}; it has "
            f"{_quoted(table.header)}. Say which with --column {missing[0]}=NAME{others}; a part "
            f"of a column is chosen with --column '{missing[0]}=NAME~EXPRESSION'."
        )
    for frame, second in (("frame_start", "start_time"), ("frame_end", "end_time")):
        if frame in columns and second in columns:
            raise CohortError(
                f"{table.path.name} gives both frames ({columns[frame].name!r}) and seconds "
                f"({columns[second].name!r}); choose one by leaving the other out, e.g. "
                f"--column {second}="
            )
    if "clip" not in columns or "patient" not in columns:
        raise CohortError(f"{table.path.name} needs a column for clip and one for patient.")
    return columns


def _chosen(word: str, choice: str, table: Table) -> Column | None:
    if not choice:
        return None
    name, pattern = (choice, None) if choice in table.header else read_choice(word, choice)
    if table.header.count(name) != 1:
        has = "has more than one column" if name in table.header else "has no column"
        raise CohortError(
            f"{table.path.name} {has} {name!r} for {word}; it has {_quoted(table.header)}."
        )
    return Column(name, table.header.index(name), pattern)


def _guess(word: str, table: Table, taken: set[str]) -> Column | None:
    """Take the one column that usually means `word` and was not chosen for another."""
    usual = _GUESSES[word].split()
    named = [
        Column(name, index)
        for index, name in enumerate(table.header)
        if name not in taken and _plain(name) in usual
    ]
    named = [column for column in named if _plain(column.name) == word] or named
    if len(named) > 1:
        raise CohortError(
            f"More than one column of {table.path.name} may mean {word}: "
            f"{_quoted([column.name for column in named])}. Say which with "
            f"--column '{word}={named[0].name}', or that none does with --column {word}="
        )
    return named[0] if named else None


def _plain(name: str) -> str:
    """Write a column's name as the guesses do: ``"Video File"`` is ``"video_file"``."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", bare)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names if name)

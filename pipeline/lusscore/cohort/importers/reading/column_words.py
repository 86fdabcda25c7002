"""Which column of a table means what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lusscore.cohort.importers.reading.text_part import part_of, read_choice
from lusscore.errors import CohortError
from lusscore.tables import Row, Table

_GUESSES = {
    "clip": "clip file filename file_name filepath file_path path video video_file video_name "
    "video_path image image_file image_path media",
    "patient": "patient patient_id patientid patient_no patient_number subject subject_id pid",
    "exam": "exam exam_id examination visit visit_id session timepoint study date exam_date "
    "visit_date study_date",
    "zone": "zone location region position lung_zone lung_region lung_position bluepoint "
    "blue_point",
    "score": "score lus luss lus_score lung_score lung_ultrasound_score severity severity_score "
    "lung_severity_score",
    "rater": "rater annotator reader reviewer observer expert labeller labeler",
    "group": "group",
    "device": "device machine scanner ultrasound_device",
    "frame_start": "frame_start start_frame first_frame start",
    "frame_end": "frame_end end_frame end",
    "start_time": "start_time time_start start_s start_sec start_seconds",
    "end_time": "end_time time_end end_s end_sec end_seconds",
}
COLUMN_WORDS = tuple(_GUESSES)
"""What ``--column`` can be told of a table."""

_REQUIRED = ("clip", "patient", "score")


@dataclass(frozen=True)
class Column:
    """Where in a row a value stands.

    Attributes
    ----------
    name
        The column's name, as the table writes it.
    index
        Its place in the header.
    pattern
        What part of the cell is meant: the first group of the expression, or all it matches;
        None for the whole cell.
    """

    name: str
    index: int
    pattern: re.Pattern[str] | None = None

    def read(self, row: Row) -> str:
        """Return the value in `row`; empty where there is none or the pattern does not fit."""
        return part_of(row.cells[self.index], self.pattern)


def choose_columns(table: Table, told: Mapping[str, str]) -> dict[str, Column]:
    """Decide which columns of a table are meant by our words.

    Parameters
    ----------
    table
        The table.
    told
        What the user said: our word → the column's name, or ``name~expression`` for a part of
        its cells, or nothing where the table has no such column. The rest is guessed from usual
        names.

    Raises
    ------
    CohortError
        If a word or column is unknown, two columns may be meant, or one that is needed is
        missing; the message lists the file's columns and says which option to use.
    """
    unknown = [word for word in told if word not in _GUESSES]
    if unknown:
        raise CohortError(
            f"--column does not know {unknown[0]!r}; expected one of {', '.join(_GUESSES)}."
        )
    columns = {}
    for word in _GUESSES:
        column = _told(word, told[word], table) if word in told else _guess(word, table, told)
        if column is not None:
            columns[word] = column
    missing = [word for word in _REQUIRED if word not in columns and told.get(word) != ""]
    if missing:
        raise CohortError(
            f"No column of {table.path.name} is known to mean {_listed(missing)}; it has "
            f"{_quoted(table.header)}. Say which with {_option(missing[0])}"
            + (f", and so on for {_listed(missing[1:])}" if missing[1:] else "")
            + f"; a part of a column is told as --column '{missing[0]}=NAME~EXPRESSION'."
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


def _told(word: str, name: str, table: Table) -> Column | None:
    if not name:
        return None
    column, pattern = (name, None) if name in table.header else read_choice(word, name)
    places = [index for index, header in enumerate(table.header) if header == column]
    if len(places) != 1:
        told = "has no column" if not places else "has more than one column"
        raise CohortError(
            f"{table.path.name} {told} {column!r} for {word}; it has {_quoted(table.header)}."
        )
    return Column(column, places[0], pattern)


def _guess(word: str, table: Table, told: Mapping[str, str]) -> Column | None:
    """Take the one column that usually means `word` and was not said to mean another."""
    taken = set(told.values())
    usual = _GUESSES[word].split()
    named = [
        Column(name, index)
        for index, name in enumerate(table.header)
        if name not in taken and _plain(name) in usual
    ]
    own = [column for column in named if _plain(column.name) == word]
    named = own or named
    if len(named) > 1:
        both = _quoted([column.name for column in named])
        raise CohortError(
            f"More than one column of {table.path.name} may mean {word}: {both}. Say which with "
            f"--column '{word}={named[0].name}', or that none does with --column {word}="
        )
    return named[0] if named else None


def _plain(name: str) -> str:
    """Write a column's name as the guesses do: ``"Video File"`` is ``"video_file"``."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def _option(word: str) -> str:
    return f"--column {word}=NAME"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names if name)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

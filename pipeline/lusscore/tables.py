"""Tables: CSV, TSV and semicolons, in the encodings that spreadsheets write, and XLSX."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Protocol

from lusscore.errors import CohortError, LusscoreError, Problem

_DELIMITERS = ",;\t|"
_LINES_LOOKED_AT = 20
_MOST_ROWS = 1_000_000
# spreadsheets begin a table with what divides it
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?\r?\n', re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    line
        Line of the file on which it ends, from 1.
    cells
        One for each column of the header, without surrounding spaces.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table that was read.

    Attributes
    ----------
    path
        Where it lies.
    header
        Names of the columns without surrounding spaces; may be empty or occur twice.
    rows
        All rows that are not blank and have as many fields as the header.
    problems
        Rows with more or fewer fields.
    encoding
        ``"utf-8"``, ``"utf-16"``, ``"cp1252"`` or ``"latin-1"``; ``"xlsx"`` of a workbook.
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    encoding: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how the file was read."""
        if self.encoding != "cp1252":
            return ()
        return (
            f"{self.path.name} is not UTF-8 and was read as Windows text (cp1252); if names in it "
            "look wrong, save it as 'CSV UTF-8'.",
        )


def read_table(
    path: Path, *, any_bytes: bool = False, error: type[LusscoreError] = CohortError
) -> Table:
    """Read a table whose fields are divided by commas, semicolons, tabs or bars, or an XLSX file.

    Parameters
    ----------
    path
        The file: UTF-8 with or without a byte-order mark, UTF-16 with one, or Windows text; or a
        workbook ending in ``.xlsx``, of which the first sheet is read.
    any_bytes
        Whether bytes that no encoding knows are let through, as Latin-1: for published tables in
        which they stand in remarks that nobody reads.
    error
        What is raised.

    Raises
    ------
    error
        If there is no such file, it is no text or it is empty.
    """
    workbook = path.suffix.lower() == ".xlsx"
    lines: _Lines
    encoding, lines = (
        ("xlsx", _Sheet(path, error)) if workbook else _delimited(path, any_bytes, error)
    )
    header: tuple[str, ...] = ()
    rows: list[Row] = []
    problems: list[Problem] = []
    try:
        for fields in lines:
            cells = tuple(field.strip() for field in fields)
            if not any(cells):
                continue
            if not header:
                header = cells
            elif len(cells) < len(header) or any(cells[len(header) :]):
                problems.append(
                    Problem(
                        f"line {lines.line_num}",
                        f"has {len(cells)} fields where the header has {len(header)}; check "
                        "the commas and quotes",
                    )
                )
            else:
                rows.append(Row(lines.line_num, cells[: len(header)]))
    except csv.Error as wrong:
        raise error(
            f"it is no table from here on ({wrong})",
            where=f"line {lines.line_num}",
            advice="look for a quotation mark that is not closed",
            path=path,
        ) from None
    if not header:
        raise error("it is empty", advice="begin it with a header line", path=path)
    return Table(path, header, tuple(rows), tuple(problems), encoding)


class _Lines(Protocol):
    """Rows of cells, and the line of the file on which the last one ended."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


def _delimited(path: Path, any_bytes: bool, error: type[LusscoreError]) -> tuple[str, _Lines]:
    text, encoding = _decode(path, any_bytes, error)
    told = _SEPARATOR_LINE.match(text)
    # io.StringIO with newline="" leaves line breaks inside quotes to the csv module
    file = io.StringIO(text, newline="")
    lines = csv.reader(file, delimiter=told[1] if told else _delimiter(text))
    if told:
        next(lines)
    return encoding, lines


class _Sheet:
    """The first sheet of a workbook, as text: ``2`` and not ``2.0``, dates as ``2026-01-31``."""

    def __init__(self, path: Path, error: type[LusscoreError]) -> None:
        self._path, self._error = path, error
        self.line_num = 0

    def __iter__(self) -> Iterator[list[str]]:
        from openpyxl import load_workbook

        width = 0
        try:
            with closing(load_workbook(self._path, read_only=True, data_only=True)) as book:
                for row in book.worksheets[0].iter_rows(values_only=True):
                    self.line_num += 1
                    if self.line_num > _MOST_ROWS:
                        raise ValueError(f"more than {_MOST_ROWS:,} rows")
                    cells = [_written(value) for value in row]
                    width = max(width, len(cells))
                    yield cells + [""] * (width - len(cells))
        except Exception as wrong:  # openpyxl and zipfile raise what they like on a broken file
            raise self._error(
                f"no workbook can be read here ({wrong})",
                advice="save the table again, or as 'CSV UTF-8'",
                path=self._path,
            ) from None


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return str(value)


def _decode(path: Path, any_bytes: bool, error: type[LusscoreError]) -> tuple[str, str]:
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise error(
            f"no table can be read here ({(wrong.strerror or 'unknown reason').lower()})",
            advice="expected a CSV file",
            path=path,
        ) from None
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    last = "latin-1" if any_bytes else "cp1252"
    where = ""
    for encoding in ("utf-16",) if wide else ("utf-8-sig", last):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding.removesuffix("-sig")
        # a network drive fills files with them that were not written out
        line = text[: text.index("\0")].count("\n") + 1
        where = where or f"line {line}, which holds zero bytes"
    raise error(
        "it is not text, or text in an unknown encoding",
        where=where,
        advice="save the table as 'CSV UTF-8'",
        path=path,
    )


def _delimiter(text: str) -> str:
    """Return what divides the first lines that are not blank most often."""
    lines = [line for line in text.splitlines() if line.strip()][:_LINES_LOOKED_AT]
    outside_quotes = "".join("".join(line.split('"')[::2]) for line in lines)
    return max(_DELIMITERS, key=outside_quotes.count)

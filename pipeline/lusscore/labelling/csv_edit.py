"""Changing single rows of a CSV file and leaving every other byte as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

_MARK = "\ufeff"
_BOTH = "\r\n"


class CsvEdit:
    """A CSV file in UTF-8 whose rows can be changed and added to one by one.

    Rows that are not changed keep their bytes: quotes, spaces, line ends, blank lines, columns
    that lusscore does not know.

    Parameters
    ----------
    text
        All of the file, with its byte-order mark if it has one; its header must be there.
    """

    def __init__(self, text: str) -> None:
        self._mark = _MARK if text.startswith(_MARK) else ""
        lines = list(io.StringIO(text.removeprefix(_MARK), newline=""))
        reader = csv.reader(lines)
        self._raw: list[str] = []
        self._cells: list[list[str]] = []
        done = 0
        for cells in reader:
            self._raw.append("".join(lines[done : reader.line_num]))
            self._cells.append(cells)
            done = reader.line_num
        self._header = next(row for row, cells in enumerate(self._cells) if cells)
        self._end = _line_end(self._raw[self._header]) or "\n"

    @classmethod
    def read(cls, path: Path) -> CsvEdit:
        """Read a file, which must be valid CSV."""
        return cls(path.read_bytes().decode("utf-8"))

    @classmethod
    def empty(cls, columns: tuple[str, ...]) -> CsvEdit:
        """Begin a file that has a header alone."""
        return cls(",".join(columns) + "\n")

    @property
    def columns(self) -> list[str]:
        """Names of the columns, without surrounding spaces."""
        return [name.strip() for name in self._cells[self._header]]

    def rows(self) -> list[tuple[int, dict[str, str]]]:
        """Return (number, cells without surrounding spaces) of each row that is not blank."""
        columns = self.columns
        return [
            (number, dict(zip(columns, (cell.strip() for cell in cells), strict=True)))
            for number, cells in enumerate(self._cells)
            if number > self._header and any(cell.strip() for cell in cells)
        ]

    def change(self, number: int, values: Mapping[str, str]) -> None:
        """Give cells of one row new values."""
        self._need(values)
        cells = self._cells[number]
        for place, name in enumerate(self.columns):
            cells[place] = values.get(name, cells[place])
        self._raw[number] = _write(cells, _line_end(self._raw[number]))

    def add(self, values: Mapping[str, str]) -> None:
        """Add a row behind the last one; columns not named stay empty."""
        self._need(values)
        last = max(number for number, raw in enumerate(self._raw) if raw)
        if not _line_end(self._raw[last]):
            self._raw[last] += self._end
        cells = [values.get(name, "") for name in self.columns]
        self._cells.append(cells)
        self._raw.append(_write(cells, self._end))

    def remove(self, number: int) -> None:
        """Take a row out; the numbers of the others stay."""
        self._cells[number], self._raw[number] = [], ""

    def encode(self) -> bytes:
        """Return the file."""
        return (self._mark + "".join(self._raw)).encode()

    def _need(self, values: Mapping[str, str]) -> None:
        """Add the columns that are missing for values that are not empty, behind all others."""
        missing = [name for name, value in values.items() if value and name not in self.columns]
        for name in missing:
            for number, cells in enumerate(self._cells):
                if not any(cell.strip() for cell in cells):
                    continue
                cells.append(name if number == self._header else "")
                end = _line_end(self._raw[number])
                body = self._raw[number].removesuffix(end) if end else self._raw[number]
                self._raw[number] = f"{body},{name if number == self._header else ''}{end}"


def _write(cells: list[str], end: str) -> str:
    text = io.StringIO()
    # with another line end, the writer would not put quotes round cells that hold one of these
    csv.writer(text, lineterminator=_BOTH).writerow(cells)
    return text.getvalue().removesuffix(_BOTH) + end


def _line_end(raw: str) -> str:
    """Return the line end of a row, which the file's last row may lack."""
    return next((end for end in ("\r\n", "\n", "\r") if raw.endswith(end)), "")

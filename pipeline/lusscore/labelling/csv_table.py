"""A CSV file of a cohort whose rows are changed and written whole."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from lusscore.files import csv_text, written_whole

_MARK = "\ufeff"


class CsvTable:
    """The rows of a valid CSV file in UTF-8, with all its columns; or none, where it is not there.

    Attributes
    ----------
    path
        Of the file.
    rows
        Cells without surrounding spaces, by column; to be changed in place.
    """

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path = path
        text = path.read_bytes().decode("utf-8") if path.exists() else ",".join(columns)
        self._mark = _MARK if text.startswith(_MARK) else ""  # without it, Excel reads no umlauts
        lines = csv.reader(io.StringIO(text.removeprefix(_MARK), newline=""))
        cells = [[cell.strip() for cell in line] for line in lines]
        self._columns, *rows = [line for line in cells if any(line)]
        self.rows = [dict(zip(self._columns, row, strict=True)) for row in rows]
        self._before = self._text()

    def write(self) -> None:
        """Write the file, if it says something else; columns are added for values alone."""
        text = self._text()
        if text != self._before:
            with written_whole(self.path) as file:
                file.write((self._mark + text).encode())
            self._before = text

    def _text(self) -> str:
        more = (name for row in self.rows for name, value in row.items() if value)
        columns = list(dict.fromkeys([*self._columns, *more]))
        return csv_text([columns, *([row.get(name) for name in columns] for row in self.rows)])

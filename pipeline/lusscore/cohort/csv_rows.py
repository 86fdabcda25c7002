"""Reading the CSV files of a cohort: UTF-8, a header, rows with their line numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from lusscore.errors import CohortError, Problem

Row = dict[str, str | None]


def read_csv(path: Path, required: tuple[str, ...], optional: str = "") -> list[tuple[int, Row]]:
    """Read a CSV file whose header names at least the columns required.

    Parameters
    ----------
    path
        The file, UTF-8 with or without a byte-order mark.
    required
        Columns that must be there, in any order.
    optional
        The others, as a message names them.

    Returns
    -------
    list of tuple
        Line number and row of each row that is not blank. A value is None, or the key None is
        in the row, where it has fewer or more fields than the header.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    CohortError
        If it is empty, cannot be read, is not UTF-8 text, lacks columns or is no CSV.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CohortError(
            f"it is not UTF-8 text (byte {error.start})", advice="save it as 'CSV UTF-8'", path=path
        ) from None
    except FileNotFoundError:
        raise
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise CohortError(
            f"it cannot be read ({why})",
            advice="check that it is a file and that you may open it",
            path=path,
        ) from None
    if "\0" in text:
        # no path may hold it, and a network drive fills files with it that were not written out
        raise CohortError(
            "it is no text (it holds zero bytes)",
            where=f"line {text[: text.index(chr(0))].count(chr(10)) + 1}",
            advice="take an earlier copy, or save it as 'CSV UTF-8'",
            path=path,
        )
    # io.StringIO with newline="" leaves line breaks inside quotes to the csv module
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        if not header:
            raise CohortError(
                f"it is empty; expected a header line {','.join(required)}", path=path
            )
        missing = [name for name in required if name not in header]
        if missing:
            raise CohortError(
                f"it lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; its "
                f"header is {','.join(header)!r}, expected {','.join(required)}{optional}",
                path=path,
            )
        reader.fieldnames = header
        return [
            (reader.line_num, row)
            for row in reader
            if any((value or "").strip() for key, value in row.items() if key is not None)
        ]
    except csv.Error as error:
        raise CohortError(
            f"it is no CSV file ({error})",
            where=f"line {reader.line_num}",
            advice="look for a quotation mark that is not closed",
            path=path,
        ) from None


def strip_cells(row: Row, line: int, problems: list[Problem]) -> dict[str, str] | None:
    """Return a row's cells without blanks around them; None, and a problem, if some are missing."""
    if None in row or any(value is None for value in row.values()):
        what = "has more or fewer fields than the header; check the commas"
        problems.append(Problem(f"line {line}", what))
        return None
    return {key: (value or "").strip() for key, value in row.items()}


def in_line_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems whose place begins with ``line`` and a number by that number."""
    return sorted(
        problems, key=lambda problem: int(problem.where.split(",")[0].removeprefix("line "))
    )

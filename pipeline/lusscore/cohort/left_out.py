"""What folds leave out beside patients: every device or every group in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lusscore.cohort.csv_rows import Row
from lusscore.errors import Problem

LEFT_OUT_COLUMN = "left_out"
COLUMNS_LEFT_OUT = ("device", "group")


@dataclass(frozen=True)
class LeftOut:
    """What each fold leaves out.

    Attributes
    ----------
    by
        The manifest's column: ``"device"`` or ``"group"``.
    values
        Fold 1 leaves out the first, fold 2 the second, and so on.
    """

    by: str
    values: tuple[str, ...]

    def of_fold(self, fold: int) -> str:
        """Name what a fold leaves out, as ``folds.csv`` does: ``device: Philips Lumify``."""
        return f"{self.by}: {self.values[fold - 1]}"


def read_left_out(
    rows: Sequence[tuple[int, Row]], repeats: Sequence[Mapping[str, int]], count: int
) -> tuple[LeftOut | None, list[Problem]]:
    """Read the column ``left_out`` of a folds file, which need not be there.

    Parameters
    ----------
    rows
        Line numbers and rows of the file.
    repeats, count
        The folds of the same file.

    Returns
    -------
    (left_out, problems)
        None where the column is absent or empty, or there are problems.
    """
    told: dict[int, str] = {}
    problems: list[Problem] = []
    cells = [(line, row, (row.get(LEFT_OUT_COLUMN) or "").strip()) for line, row in rows]
    if not any(cell for _, _, cell in cells):
        return None, []
    for line, row, cell in cells:
        fold = repeats[0].get(row["patient"] or "", 0) if repeats else 0
        by, _, value = cell.partition(": ")
        place = f"line {line}, column {LEFT_OUT_COLUMN}"
        if by not in COLUMNS_LEFT_OUT or not value:
            allowed = " or ".join(f"'{name}: …'" for name in COLUMNS_LEFT_OUT)
            problems.append(Problem(place, f"{cell!r} is not allowed; expected {allowed}"))
        elif told.setdefault(fold, cell) != cell:
            problems.append(
                Problem(place, f"fold {fold} leaves out {cell!r} here and {told[fold]!r} above")
            )
    columns = {cell.partition(": ")[0] for cell in told.values()}
    if not problems and (len(repeats) != 1 or len(set(told.values())) != count):
        problems.append(
            Problem(
                f"column {LEFT_OUT_COLUMN}",
                "expected one repeat, and something else left out by every fold",
            )
        )
    if not problems and len(columns) > 1:
        problems.append(
            Problem(f"column {LEFT_OUT_COLUMN}", "expected devices alone or groups alone")
        )
    if problems:
        return None, problems
    values = tuple(told[fold].partition(": ")[2] for fold in range(1, count + 1))
    return LeftOut(columns.pop(), values), []

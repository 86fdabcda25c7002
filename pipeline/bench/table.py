"""Rows of a suite as a table for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.row import BenchRow


def _plain(digits: int, unit: str = "") -> Callable[[float], str]:
    return lambda value: f"{value:.{digits}f}{unit}"


def _significant(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


_FIELDS: dict[str, tuple[str, Callable[[float], str]]] = {
    "gflop_per_image": ("GFLOP", _plain(2)),
    "images_per_s": ("images/s", _plain(1)),
    "fraction_of_sgemm": ("of sgemm", _plain(2)),
    "ratio_to_keras_predict": ("× Keras predict", _plain(2)),
    "seconds": ("seconds", _plain(2)),
    "peak_memory_gb": ("peak memory", _plain(2, " GB")),
    "baseline_seconds": ("its seconds", _plain(2)),
    "ratio": ("times baseline", _plain(2)),
    "times_faster": ("times faster", _plain(2)),
    "sgemm_gflops": ("sgemm GFLOP/s", _plain(0)),
}
_TEXTS = {"name": "what", "baseline": "baseline", "detail": "detail"}


def lay_out(rows: Sequence[BenchRow], columns: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return headings, those of numbers with a leading ``>``, and cells.

    Parameters
    ----------
    rows
        What was measured.
    columns
        Fields of :class:`BenchRow`, or names in its `numbers`. A column that no row has is left
        out.
    """
    kept = [column for column in columns if any(_value(row, column) for row in rows)]
    headings = [_TEXTS.get(column) or f">{_heading(column)}" for column in kept]
    return headings, [[_cell(row, column) for column in kept] for row in rows]


def _heading(column: str) -> str:
    return _FIELDS[column][0] if column in _FIELDS else column.replace("_", " ")


def _value(row: BenchRow, column: str) -> float | str | None:
    if column in row.numbers:
        return row.numbers[column]
    value: float | str | None = getattr(row, column, None)
    return value


def _cell(row: BenchRow, column: str) -> str:
    value = _value(row, column)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return (_FIELDS[column][1] if column in _FIELDS else _significant)(value)

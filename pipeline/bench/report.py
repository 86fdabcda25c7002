"""Measured rows, their table and bench.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lusscore.files import write_text


@dataclass(frozen=True, kw_only=True)
class BenchRow:
    """One measured thing, beside its baseline where it has one.

    Attributes
    ----------
    name
        What was measured, such as ``end_to_end/vgg16``.
    backbone
        Its name; None where there is none.
    gflop_per_image
        Floating-point operations for one image in 10^9, a multiplication and an addition
        counting as two.
    images_per_s
        Images, which are frames times variants, per second.
    fraction_of_sgemm
        Operations per second, divided by those of NumPy's matrix product at that time.
    ratio_to_keras_predict
        Images per second, divided by those of ``keras.Model.predict`` on the same images.
    seconds
        Wall-clock time; `detail` says from where to where unless it is of a whole process.
    peak_memory_gb
        Largest resident size of the process in 10^9 bytes; None where it cannot be told.
    baseline
        What it is compared with, in words, measured in the same run.
    baseline_seconds
        Time of the baseline.
    ratio
        Times the baseline: seconds by seconds, or peak memory by peak memory where the baseline
        has no seconds.
    sgemm_gflops
        NumPy's float32 matrix product in 10^9 operations per second.
    numbers
        Further numbers by their names, which have their units.
    detail
        The size of the task and what else must be known, in words.
    """

    name: str
    backbone: str | None = None
    gflop_per_image: float | None = None
    images_per_s: float | None = None
    fraction_of_sgemm: float | None = None
    ratio_to_keras_predict: float | None = None
    seconds: float | None = None
    peak_memory_gb: float | None = None
    baseline: str | None = None
    baseline_seconds: float | None = None
    ratio: float | None = None
    sgemm_gflops: float | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    detail: str = ""

    def __post_init__(self) -> None:
        if self.ratio is None and self.seconds and self.baseline_seconds:
            object.__setattr__(self, "ratio", self.seconds / self.baseline_seconds)

    @property
    def times_faster(self) -> float | None:
        """The baseline's seconds, divided by those measured."""
        if not self.seconds or not self.baseline_seconds:
            return None
        return self.baseline_seconds / self.seconds


def write_rows(path: Path, rows: Sequence[BenchRow]) -> None:
    """Write rows as JSON: a list of flat objects, but for `numbers`."""
    content = [asdict(row) | {"times_faster": row.times_faster} for row in rows]
    write_text(path, json.dumps(content, indent=2) + "\n")


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
    """Return headings, those of numbers with a leading ``>``, and cells."""
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

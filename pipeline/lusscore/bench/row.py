"""One measured thing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class BenchRow:
    """One measured thing beside its baseline.

    Attributes
    ----------
    name
        What was measured.
    seconds
        Wall-clock time of the whole process.
    peak_memory_gb
        Largest resident size of that process, in 10^9 bytes; None where it cannot be told.
    baseline
        What it is compared with, measured in the same run.
    baseline_seconds
        Time of the baseline.
    detail
        The size of the task, in words.
    """

    name: str
    seconds: float
    peak_memory_gb: float | None
    baseline: str
    baseline_seconds: float
    detail: str = ""

    @property
    def ratio(self) -> float:
        """Times the baseline."""
        return self.seconds / self.baseline_seconds


def write_rows(path: Path, rows: Sequence[BenchRow], sgemm_gflops: float) -> None:
    """Write rows as JSON: a list of objects, the machine's sgemm in each."""
    content = [{**asdict(row), "ratio": row.ratio, "sgemm_gflops": sgemm_gflops} for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

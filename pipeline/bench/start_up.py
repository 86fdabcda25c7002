"""How long the command takes to answer."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from bench.report import BenchRow
from bench.running import run_python
from bench.suite import BenchSettings, register_suite

_REPEATS = 7


@register_suite(
    "start-up",
    "Start-up",
    ("name", "seconds", "peak_memory_gb", "ratio", "baseline", "baseline_seconds", "detail"),
    by_default=True,
)
def bench_start_up(settings: BenchSettings) -> Iterator[BenchRow]:
    """Time ``lusscore --help`` against a Python that does nothing: medians, in turn."""
    pairs = [
        (run_python(["-m", "lusscore", "--help"]), run_python(["-c", "pass"]))
        for _ in range(_REPEATS)
    ]
    yield BenchRow(
        name="help",
        seconds=median(ours.seconds for ours, _ in pairs),
        peak_memory_gb=pairs[0][0].peak_memory_gb,
        baseline="python -c pass",
        baseline_seconds=median(bare.seconds for _, bare in pairs),
        detail=f"lusscore --help, median of {_REPEATS}",
    )

"""The machine's own speed: NumPy's matrix product, with nothing else in the process."""

from __future__ import annotations

from bench.process import call_in_process
from lusscore.backbones import measure_sgemm


def measure_sgemm_alone() -> float:
    """Return the speed of a float32 matrix product in a process of its own, in GFLOP/s."""
    return float(call_in_process(measure_sgemm))

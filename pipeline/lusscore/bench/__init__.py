"""Speed and memory on this machine, as ratios against a baseline of the same run."""

from lusscore.bench.row import BenchRow, write_rows
from lusscore.bench.sgemm import measure_sgemm
from lusscore.bench.stage_two import bench_stage_two
from lusscore.bench.start_up import bench_start_up

__all__ = ["BenchRow", "bench_stage_two", "bench_start_up", "measure_sgemm", "write_rows"]

import json
from pathlib import Path

import pytest

from lusscore.bench import BenchRow, bench_stage_two, measure_sgemm, write_rows
from lusscore.bench.process import run_python


def test_a_row_is_a_ratio_within_one_run(tmp_path: Path) -> None:
    row = BenchRow("a", 3.0, 0.5, "b", 1.5)
    write_rows(tmp_path / "x" / "bench.json", [row], 100.0)
    (written,) = json.loads((tmp_path / "x" / "bench.json").read_text())
    assert written["ratio"] == 2
    assert written["sgemm_gflops"] == 100


def test_the_matrix_product_has_a_speed() -> None:
    assert measure_sgemm(64, 3) > 0


def test_a_process_is_timed_and_its_failure_is_told() -> None:
    finished = run_python(["-c", "import time; x = bytearray(10**8); time.sleep(0.3); print(1)"])
    assert finished.output == "1\n"
    assert finished.seconds > 0.3
    assert finished.peak_memory_gb is None or finished.peak_memory_gb > 0.1
    with pytest.raises(RuntimeError, match="broken"):
        run_python(["-c", "raise SystemExit('broken')"])


def test_stage_two_is_measured_in_small() -> None:
    row = bench_stage_two(frames=1200, variants=1)
    assert 0 < row.baseline_seconds < row.seconds
    assert "1200 frames × (1 + 1) × 2048" in row.detail

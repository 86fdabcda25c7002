import json
from pathlib import Path

import pytest

from bench import BenchRow, write_rows

PROMISED = {
    "name", "backbone", "images_per_s", "fraction_of_sgemm", "ratio_to_keras_predict", "seconds",
    "peak_memory_gb", "baseline", "baseline_seconds", "ratio", "sgemm_gflops", "detail",
}  # fmt: skip


def test_a_row_is_a_ratio_within_one_run() -> None:
    row = BenchRow(name="a", seconds=3.0, baseline="b", baseline_seconds=1.5)
    assert row.ratio == 2
    assert row.times_faster == pytest.approx(0.5)


def test_a_ratio_of_something_else_is_kept_and_none_is_made_up() -> None:
    assert BenchRow(name="a", seconds=3.0, ratio=1.1).ratio == 1.1
    row = BenchRow(name="a", seconds=3.0)
    assert row.ratio is None
    assert row.times_faster is None


def test_every_promised_field_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x" / "bench.json"
    write_rows(path, [BenchRow(name="a")])
    write_rows(path, [BenchRow(name="a"), BenchRow(name="b", numbers={"clip_ms": 2.0})])
    first, second = json.loads(path.read_text())
    assert set(first) >= PROMISED
    assert first["seconds"] is None
    assert second["numbers"] == {"clip_ms": 2.0}
    assert list(path.parent.iterdir()) == [path]

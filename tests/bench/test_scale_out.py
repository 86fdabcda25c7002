from collections.abc import Callable

import pytest

from bench import BenchRow
from bench.dask_cluster import dask_is_installed


@pytest.mark.slow
def test_every_way_to_compute_is_measured_and_so_is_the_writer(
    measure: Callable[..., dict[str, BenchRow]],
) -> None:
    rows = measure("scale-out", 64)
    assert list(rows) == [
        "scale_out/here",
        "scale_out/workers",
        "scale_out/dask",
        "scale_out/writer",
    ]
    for way in ("here", "workers", "dask"):
        row = rows[f"scale_out/{way}"]
        if way == "dask" and not dask_is_installed():
            assert "distributed" in row.detail
            continue
        assert row.seconds
        told = row.numbers
        assert told["computing_ms"] > 0
        assert told["overhead_ms"] == pytest.approx(told["clip_ms"] - told["computing_ms"])
        # 16 clips took what starting takes, and 16 times what each takes
        assert row.seconds == pytest.approx(told["start_s"] + 16 * told["clip_ms"] / 1000)
    writer = rows["scale_out/writer"]
    assert writer.seconds
    # 16 clips × 60 frames × 4 variants × 2048 float16
    assert writer.numbers["mb_per_s"] == pytest.approx(15.72864 / writer.seconds)

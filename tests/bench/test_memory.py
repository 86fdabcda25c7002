import sys
from collections.abc import Callable

import pytest

from bench import BenchRow


@pytest.mark.slow
def test_peak_memory_is_compared_between_two_sizes(
    measure: Callable[..., dict[str, BenchRow]],
) -> None:
    rows = measure("memory", 2_000)
    assert list(rows) == ["memory/1000_frames", "memory/2000_frames"]
    few, many = rows.values()
    assert few.images_per_s
    assert few.baseline is None
    if sys.platform == "linux":
        assert few.peak_memory_gb
        assert many.peak_memory_gb
        assert many.ratio == pytest.approx(many.peak_memory_gb / few.peak_memory_gb)
        # this is no speed: it must hold on any machine
        assert 0.9 < many.ratio < 1.1

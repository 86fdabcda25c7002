from collections.abc import Callable

import pytest

from bench import BenchRow


@pytest.mark.slow
def test_stage_two_is_measured_in_small(measure: Callable[..., dict[str, BenchRow]]) -> None:
    row = measure("stage-two", 1200)["stage_two"]
    assert row.seconds
    assert row.baseline_seconds
    assert 0 < row.baseline_seconds < row.seconds
    assert "1200 frames × (1 + 3) × 2048" in row.detail

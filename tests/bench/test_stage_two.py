"""Stage two, start-up, precision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from bench import BenchRow
from bench.precision import embedding_errors


@pytest.mark.slow
def test_stage_two_is_measured_in_small(measure: Callable[..., dict[str, BenchRow]]) -> None:
    row = measure("stage-two", 1200)["stage_two"]
    assert row.seconds
    assert row.baseline_seconds
    assert 0 < row.baseline_seconds < row.seconds
    assert "1200 frames × (1 + 3) × 2048" in row.detail


def test_the_answer_to_help_is_compared_with_a_bare_python(
    measure: Callable[..., dict[str, BenchRow]],
) -> None:
    row = measure("start-up")["help"]
    assert row.seconds is not None
    assert row.baseline_seconds is not None
    assert row.ratio == row.seconds / row.baseline_seconds


def test_errors_are_relative_to_the_largest_value(tmp_path: Path) -> None:
    one = np.zeros((2, 2, 2), np.float32)
    one[..., 0] = 4.0
    two = one.copy()
    two[1, 1] = (4.0, 3.0)
    for name, values in (("one", one), ("two", two)):
        with h5py.File(tmp_path / name, "w") as file:
            file["embeddings"] = values
    errors = embedding_errors(tmp_path / "one", tmp_path / "two")
    assert errors["largest_error"] == pytest.approx(3 / 4)
    assert errors["mean_error"] == pytest.approx(3 / 4 / 8)
    assert errors["cosine_distance"] == pytest.approx(1 - 4 / 5)


@pytest.mark.slow
def test_both_formats_are_measured_or_the_machine_is_said_to_lack_one(
    measure: Callable[..., dict[str, BenchRow]],
) -> None:
    rows = measure("precision", 216)
    assert list(rows) == ["f32/small", "bf16/small"]
    full, other = rows.values()
    assert full.images_per_s
    assert 0 < full.numbers["accuracy"] <= 1
    if not other.images_per_s:
        assert "bf16" in other.detail
        return
    assert other.baseline_seconds == full.seconds
    assert 0 < other.numbers["largest_error"] < 0.1
    assert 0 < other.numbers["accuracy"] <= 1

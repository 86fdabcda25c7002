import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from lusscore.bench import suite_names


@pytest.mark.slow
def test_tables_and_a_file_are_written(lusscore: Callable[..., Result]) -> None:
    result = lusscore("bench", "start-up", "stage-two", "--frames", 600)
    assert result.exit_code == 0
    rows = json.loads(Path("results/bench.json").read_text())
    assert [row["name"] for row in rows] == ["help", "stage_two"]
    assert all(row["seconds"] > 0 and row["ratio"] > 0 for row in rows)
    assert all(row["sgemm_gflops"] > 0 for row in rows)
    assert "600 frames" in result.output


def test_what_was_measured_before_an_end_is_kept(lusscore: Callable[..., Result]) -> None:
    result = lusscore("bench", "start-up", "stage-two", "--frames", 10)
    assert result.exit_code == 2
    assert "stage-two needs at least 588 frames, not 10" in result.stderr
    (row,) = json.loads(Path("results/bench.json").read_text())
    assert row["name"] == "help"


def test_an_unknown_suite_is_a_sentence(lusscore: Callable[..., Result]) -> None:
    result = lusscore("bench", "everything")
    assert result.exit_code == 2
    assert "Unknown suite 'everything'" in result.stderr
    assert not Path("results").exists()


def test_the_help_tells_every_suite(lusscore: Callable[..., Result]) -> None:
    told = lusscore("bench", "--help").output
    first_words = [line.split()[0] for line in told.splitlines() if line.split()]
    assert [word for word in first_words if word in suite_names()] == list(suite_names())

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import suite_names


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_tables_and_a_file_are_written() -> None:
    result = bench("start-up", "stage-two", "--frames", 600)
    assert result.returncode == 0
    rows = json.loads(Path("results/bench.json").read_text())
    assert [row["name"] for row in rows] == ["help", "stage_two"]
    assert all(row["seconds"] > 0 and row["ratio"] > 0 for row in rows)
    assert all(row["sgemm_gflops"] > 0 for row in rows)
    assert "600 frames" in result.stdout


def test_what_was_measured_before_an_end_is_kept() -> None:
    result = bench("start-up", "stage-two", "--frames", 10)
    assert result.returncode == 2
    assert "stage-two needs at least 588 frames, not 10" in result.stderr
    (row,) = json.loads(Path("results/bench.json").read_text())
    assert row["name"] == "help"


def test_an_unknown_suite_is_a_sentence() -> None:
    result = bench("everything")
    assert result.returncode == 2
    assert "Unknown suite 'everything'" in result.stderr
    assert not Path("results").exists()


def test_the_help_tells_every_suite() -> None:
    told = bench("--help").stdout
    first_words = [line.split()[0] for line in told.splitlines() if line.split()]
    assert [word for word in first_words if word in suite_names()] == list(suite_names())

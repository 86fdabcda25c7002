import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result


def test_a_table_and_a_file_are_written(lusscore: Callable[..., Result]) -> None:
    result = lusscore("bench", "--frames", 600)
    assert result.exit_code == 0
    rows = json.loads(Path("results/bench.json").read_text())
    assert [row["name"] for row in rows] == ["help", "stage_two"]
    assert all(row["seconds"] > 0 and row["ratio"] > 0 for row in rows)
    assert "600 frames" in result.output

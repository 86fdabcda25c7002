"""What tests of ``lusscore score`` read of its output."""

from __future__ import annotations

import csv
from pathlib import Path

from click.testing import Result

FILES = ["clips.csv", "exam.json", "report.html", "zones.csv"]


def told(result: Result) -> str:
    return " ".join(result.output.split())


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def exam_folder() -> Path:
    (found,) = Path("results/exams").iterdir()
    return found

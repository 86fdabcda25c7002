from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

from lusscore.cohort import Cohort

TOOL = Path(__file__).parents[3] / "pipeline" / "tools" / "phantom_contact_sheet.py"


def run(*words: object) -> str:
    command = [sys.executable, str(TOOL), *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_sheet_has_a_row_for_every_score(small_cohort: Cohort, tmp_path: Path) -> None:
    run("sheet", small_cohort.folder, tmp_path / "sheet.jpg", "--columns", 3)
    with Image.open(tmp_path / "sheet.jpg") as image:
        assert image.size == (64 + 3 * 176, 22 + 4 * 176)


def test_measures_of_two_folders_stand_side_by_side(small_cohort: Cohort) -> None:
    folder = small_cohort.folder
    table = run("measure", folder, folder, "--clips", 3).splitlines()
    assert table[0] == "| measure | small (3 clips) | small (3 clips) |"
    assert len(table) == 2 + 11
    assert "nan" not in "".join(table)

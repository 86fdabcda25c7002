from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from ground import PATIENT, bright
from privacy.broken import PERSON, write_broken
from privacy.planted import seen
from score_output import FILES, exam_folder, table


def planted(folder: Path) -> list[str]:
    """Files and folders in which the name of a person is, or the path that holds it."""
    secrets = [PATIENT, "Jane", str(folder)]
    return [
        str(path.relative_to(folder))
        for path in (folder / "results").rglob("*")
        if any(
            secret in path.name
            or (path.is_file() and secret in path.read_text(encoding="utf-8", errors="replace"))
            for secret in secrets
        )
    ]


@pytest.fixture
def every_kind(exam: Path) -> Path:
    """The exam with a clip that cannot be read, one that is there twice, and a folder of images."""
    (exam / f"{PATIENT} L2.mp4").write_bytes(b"\0" * 300)
    (exam / f"{PATIENT}.mp4").touch()
    shutil.copy(exam / f"{PATIENT} R1.mp4", exam / f"{PATIENT} R3.mp4")
    nested = exam / f"{PATIENT}, Jane" / "L3"
    nested.mkdir(parents=True)
    from PIL import Image

    for number, image in enumerate(bright(1, 3, seed=9)):
        Image.fromarray(image).save(nested / f"{PATIENT}_{number:03}.png")
    return exam


def test_no_name_of_a_file_or_folder_is_in_what_is_written(
    score: Callable[..., Result], every_kind: Path, tmp_path: Path
) -> None:
    result = score(every_kind)
    assert result.exit_code == 1
    assert f"{PATIENT} R1.mp4" in result.stdout  # the terminal is the user's own
    assert len(table(exam_folder() / "clips.csv")) == 7
    assert planted(tmp_path) == []


def test_no_way_in_which_a_clip_fails_tells_whose_it_is(
    score: Callable[..., Result], exam: Path, tmp_path: Path
) -> None:
    write_broken(exam)
    assert score(exam).exit_code == 1
    assert sum(bool(row["error"]) for row in table(exam_folder() / "clips.csv")) > 10
    assert seen(tmp_path / "results", [PATIENT, "Jane", str(tmp_path), *PERSON]) == []


def test_names_of_files_are_written_where_they_are_asked_for(
    score: Callable[..., Result], every_kind: Path, tmp_path: Path
) -> None:
    assert score(every_kind, "--names", "--output", "results/named").exit_code == 1
    assert {"results/named/exam.json", "results/named/report.html"} <= {
        Path(name).as_posix() for name in planted(tmp_path)
    }
    document = json.loads(Path("results/named/exam.json").read_text(encoding="utf-8"))
    files = [clip["file"] for clip in document["clips"]]
    assert f"{PATIENT} R1.mp4" in files
    page = Path("results/named/report.html").read_text(encoding="utf-8")
    assert f"{PATIENT} R1.mp4" in page
    # where the exam lies is nobody's business
    for name in FILES:
        text = (Path("results/named") / name).read_text(encoding="utf-8")
        assert str(tmp_path) not in text
        assert "Jane" not in text


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_no_terminal_shows_stop_nothing(
    score: Callable[..., Result], exam: Path
) -> None:
    odd = os.fsencode(exam) + b"/\xff\x1b[31m L2.mp4"
    (exam / f"{PATIENT} R1.mp4").rename(os.fsdecode(odd))
    for arguments in ((), ("--names",), ("--names", "--json")):
        result = score(exam, *arguments)
        assert result.exit_code == 0
        assert "\x1b" not in result.stdout
        result.stdout.encode("utf-8")
    json.loads((exam_folder() / "exam.json").read_text(encoding="utf-8"))


# --- processes ------------------------------------------------------------------------------------

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from clip_maker import write_video
from ground import PATIENT, bright
from score_output import FILES, exam_folder, table, told


def test_an_exam_is_scored_into_four_files_and_a_table(
    score: Callable[..., Result], exam: Path
) -> None:
    result = score(exam, "--name", "Ward 7, bed 2")
    assert result.exit_code == 0
    folder = exam_folder()
    assert sorted(path.name for path in folder.iterdir()) == FILES
    document = json.loads((folder / "exam.json").read_text(encoding="utf-8"))
    assert document["exam"] == "Ward 7, bed 2"
    assert document["protocol"] == "blue-6"
    clips, zones = table(folder / "clips.csv"), table(folder / "zones.csv")
    assert [row["zone"] for row in clips] == ["L1", "R1", "R2"]
    assert [row["score"] for row in clips] == [str(one["score"]) for one in document["clips"]]
    assert [row["score"] for row in zones] == [str(one["score"]) for one in document["zones"]]
    total = sum(int(row["score"]) for row in zones)
    assert document["global_score"] == {
        "sum": total, "lowest": total, "highest": total + 9, "maximum": 18,
        "zones_scored": 3, "zones_of_protocol": 6, "mean_per_zone": round(total / 3, 6),
    }  # fmt: skip
    assert (
        f"Global score: {total} of 18 (3 of 6 zones scored, {total} to {total + 9} with the zones "
        "that are missing)"
    ) in told(result)
    assert f"Report: {folder / 'report.html'}" in result.stdout
    assert "Research use only" in result.stdout
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Ward 7, bed 2" in page
    assert "esearch use only" in page


def test_a_scorer_of_computed_images_says_so_wherever_a_score_is_shown(
    lusscore: Callable[..., Result], exam: Path
) -> None:
    result = lusscore("score", exam)
    assert result.exit_code == 0
    assert "trained on a phantom" in told(result)
    document = json.loads((exam_folder() / "exam.json").read_text(encoding="utf-8"))
    assert document["model"]["synthetic"] is True
    assert any("say nothing about patients" in note for note in document["notes"])
    assert "phantom" in (exam_folder() / "report.html").read_text(encoding="utf-8")


def test_json_is_all_that_is_on_standard_output(score: Callable[..., Result], exam: Path) -> None:
    (exam / f"{PATIENT} L2.mp4").write_bytes(b"no video at all")
    result = score(exam, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == json.loads(
        (exam_folder() / "exam.json").read_text(encoding="utf-8")
    )
    assert "could not be scored" in result.stderr


def test_the_output_folder_is_the_users_choice_and_keeps_what_else_is_in_it(
    score: Callable[..., Result], exam: Path
) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep", encoding="utf-8")
    for _ in range(2):
        assert score(exam, "--output", "mine").exit_code == 0
    assert sorted(path.name for path in Path("mine").iterdir()) == sorted([*FILES, "notes.txt"])
    assert Path("mine/notes.txt").read_text(encoding="utf-8") == "keep"
    assert not Path("results").exists()


def test_the_folder_is_named_by_the_clips_and_not_by_their_names_or_order(
    score: Callable[..., Result], exam: Path, tmp_path: Path
) -> None:
    assert score(exam).exit_code == 0
    name = exam_folder().name
    assert re.fullmatch("exam-[0-9a-f]{12}", name)
    moved = tmp_path / "elsewhere"
    shutil.copytree(exam, moved)
    for number, clip in enumerate(sorted(moved.iterdir(), reverse=True)):
        clip.rename(moved / f"{number}.mp4")
    assert score(*sorted(moved.iterdir())).exit_code == 0
    assert exam_folder().name == name
    (moved / "0.mp4").unlink()
    assert score(moved).exit_code == 0
    assert len(list(Path("results/exams").iterdir())) == 2


def test_what_must_be_known_of_the_exam_is_in_report_and_json_too(
    score: Callable[..., Result], exam: Path, tmp_path: Path
) -> None:
    write_video(exam / "unnamed.mp4", bright(1))
    (exam / "letter.txt").write_text("to somebody")
    result = score(exam, "--output", tmp_path / "out")
    assert result.exit_code == 0
    document = json.loads((tmp_path / "out" / "exam.json").read_text())
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert any(note.startswith("No zone is known for clip 4") for note in document["notes"])
    assert "No zone is known for clip 4" in page
    assert "Not scored, as no clips: letter.txt" in result.output
    assert "letter.txt" not in page


def test_an_exam_of_no_known_zone_has_no_global_score(
    score: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "visit").mkdir()
    write_video(tmp_path / "visit" / "a.mp4", bright(1))
    result = score(tmp_path / "visit", "--output", tmp_path / "out")
    assert "Global score: none, as no zone of blue-6 has a score" in result.output
    assert json.loads((tmp_path / "out" / "exam.json").read_text())["global_score"]["sum"] is None


def test_a_table_tells_zones_before_names_do(
    score: Callable[..., Result], exam: Path, tmp_path: Path
) -> None:
    lines = ["clip,zone", f"{PATIENT} R1.mp4,L3"]
    (tmp_path / "zones.csv").write_text("\n".join(lines), encoding="utf-8")
    assert score(exam, "--zones", tmp_path / "zones.csv").exit_code == 0
    rows = table(exam_folder() / "clips.csv")
    assert [(row["zone"], row["zone_source"]) for row in rows] == [
        ("L1", "file name"),
        ("L3", "table"),
        ("R2", "file name"),
    ]


# --- exit codes and refusals ----------------------------------------------------------------------


def test_a_clip_that_cannot_be_read_is_listed_and_the_others_are_scored(
    score: Callable[..., Result], exam: Path
) -> None:
    (exam / f"{PATIENT} L2.mp4").write_bytes(b"\0" * 300)
    result = score(exam)
    assert result.exit_code == 1
    assert "not scored:" in told(result)
    assert "1 clip could not be scored" in told(result)
    rows = table(exam_folder() / "clips.csv")
    assert [bool(row["score"]) for row in rows] == [True, False, True, True]
    assert rows[1]["error"]
    assert len(table(exam_folder() / "zones.csv")) == 3


def test_an_exam_without_a_readable_clip_has_no_score_and_exit_code_1(
    score: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "R1.mp4").write_bytes(b"nothing")
    result = score(tmp_path / "R1.mp4")
    assert result.exit_code == 1
    document = json.loads((exam_folder() / "exam.json").read_text(encoding="utf-8"))
    assert document["global_score"]["zones_scored"] == 0
    assert document["global_score"]["highest"] == 18


def test_a_recording_that_is_there_twice_counts_once(
    score: Callable[..., Result], exam: Path
) -> None:
    shutil.copy(exam / f"{PATIENT} R1.mp4", exam / f"{PATIENT} R3.mp4")
    result = score(exam)
    assert result.exit_code == 1
    assert "the same recording as clip" in told(result)
    assert {row["zone"] for row in table(exam_folder() / "zones.csv")} == {"L1", "R1", "R2"}

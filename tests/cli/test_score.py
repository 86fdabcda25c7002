from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from bundle_maker import make_bundle
from bundle_tamper import lay_out, record_changed
from clip_maker import write_video
from cohort_maker import Lusscore
from ground import PATIENT, bright
from lusscore.models import Bundle, to_files, write_bundle
from privacy.broken import PERSON, write_broken
from privacy.planted import seen
from score_output import FILES, exam_folder, table, told


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A tiny scorer of brightness, in a folder."""
    folder = tmp_path_factory.mktemp("bundle")
    return write_bundle(make_bundle(folder / "networks", name="ward"), folder / "ward")


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    """Three clips of one visit, in a folder and under names that are those of a person."""
    folder = tmp_path / f"Jane {PATIENT}"
    folder.mkdir()
    for score, zone in ((0, "R1"), (2, "R2"), (3, "L1")):
        write_video(folder / f"{PATIENT} {zone}.mp4", bright(score, seed=score))
    return folder


@pytest.fixture
def score(lusscore: Lusscore, bundle: Bundle) -> Callable[..., Result]:
    def run(*arguments: object) -> Result:
        return lusscore("score", *arguments, "--model", bundle.folder)

    return run


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
        f"Global score: {total} of 18 (3 of 6 zones scored, {total} to {total + 9} with the "
        "missing zones)"
    ) in told(result)
    assert f"Report: {folder / 'report.html'}" in result.stdout
    assert "Research use only" in result.stdout
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Ward 7, bed 2" in page
    assert "esearch use only" in page


def test_a_scorer_of_computed_images_says_so_wherever_a_score_is_shown(
    lusscore: Lusscore, exam: Path
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


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nowhere"], "nowhere"),
        (["empty"], "No clip of an exam is in empty"),
        (["text"], "No clip of an exam is in text; 1 file of another kind is there"),
        ([], "Missing argument 'EXAM...'"),
        (["clip", "--expect", "0" * 64], "digest"),
        (["clip", "--zones", "none.csv"], "none.csv"),
        (["clip", "--threads", "0"], "--threads"),
    ],
)
def test_what_cannot_run_is_a_sentence_with_exit_code_2_and_leaves_nothing(
    score: Callable[..., Result], exam: Path, arguments: list[str], expected: str
) -> None:
    Path("empty").mkdir()
    Path("text").mkdir()
    Path("text/notes.txt").write_text("no clip", encoding="utf-8")
    given = [next(exam.iterdir()) if each == "clip" else each for each in arguments]
    result = score(*given)
    assert result.exit_code == 2
    assert expected in told(result)
    assert "Traceback" not in result.output
    assert not Path("results").exists()


def test_a_bundle_of_the_expected_digest_scores(
    score: Callable[..., Result], exam: Path, bundle: Bundle
) -> None:
    assert score(exam, "--expect", bundle.digest).exit_code == 0


def test_a_bundle_is_found_by_its_name_under_the_results(
    lusscore: Lusscore, exam: Path, bundle: Bundle
) -> None:
    write_bundle(bundle, Path("results/bundles/packed.zip"))
    assert lusscore("score", exam, "--model", "packed").exit_code == 0
    result = lusscore("score", exam, "-m", "other")
    assert result.exit_code == 2
    assert "'other': no bundle" in told(result)
    assert "packed.zip" in told(result)


def test_a_bundle_that_was_changed_is_refused_before_anything_is_read(
    lusscore: Lusscore, exam: Path, bundle: Bundle, tmp_path: Path
) -> None:
    files = to_files(bundle)
    lay_out({**files, "arrays.npz": files["arrays.npz"][:-1] + b"x"}, tmp_path / "changed")
    wrong = record_changed(files, lambda record: record.update(protocol="blue-7"))
    lay_out(wrong, tmp_path / "wrong")
    (tmp_path / "no-bundle").mkdir()
    for name in ("changed", "wrong", "no-bundle"):
        result = lusscore("score", exam, "--model", tmp_path / name)
        assert result.exit_code == 2, name
        assert name in result.output
        assert "Traceback" not in result.output
    assert not Path("results").exists()


def test_a_place_that_takes_no_files_is_a_sentence(
    score: Callable[..., Result], exam: Path
) -> None:
    Path("full").mkdir()
    Path("full/zones.csv").mkdir()
    result = score(exam, "--output", "full")
    assert result.exit_code == 2
    assert "full/zones.csv: it cannot be written (" in told(result)
    assert not [path for path in Path("full").iterdir() if path.name.startswith(".")]
    Path("file").touch()
    assert score(exam, "--output", "file/inside").exit_code == 2


# --- names ----------------------------------------------------------------------------------------


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


_WATCHED = """
import json, sys
sockets = []
sys.addaudithook(
    lambda event, details: sockets.append(event) if event.startswith("socket.") else None
)
from lusscore.cli import main
try:
    main(sys.argv[2:])
finally:
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        loaded = sorted({name.partition(".")[0] for name in sys.modules})
        json.dump({"loaded": loaded, "sockets": sockets}, file)
"""


def start(seen: Path, *arguments: object) -> subprocess.Popen[str]:
    """Score in a process that writes down which packages it has loaded and sockets it has used."""
    texts = [str(argument) for argument in (seen, "score", *arguments)]
    return subprocess.Popen(
        [sys.executable, "-c", _WATCHED, *texts],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_process_that_scores_loads_no_tensorflow_opens_no_socket_and_prints_json_alone(
    exam: Path, tmp_path: Path
) -> None:
    kept = make_bundle(tmp_path / "networks", head="softmax", settings={"epochs": 1})
    write_bundle(kept, tmp_path / "softmax")
    place = ("-m", tmp_path / "softmax", "-o", tmp_path / "out")
    process = start(tmp_path / "seen.json", exam, *place, "--json")
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert len(json.loads(stdout)["clips"]) == 3
    seen = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert {"lusscore", "openvino", "numpy"} <= set(seen["loaded"])
    forbidden = {"tensorflow", "keras", "torch", "jax", "matplotlib"}
    assert not forbidden & set(seen["loaded"])
    assert seen["sockets"] == []


@pytest.mark.slow
def test_two_processes_that_score_into_one_folder_do_no_harm(
    exam: Path, bundle: Bundle, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    runs = [
        start(tmp_path / f"{name}.json", exam, "-m", bundle.folder, "-o", folder, "--name", name)
        for name in ("one", "two")
    ]
    for process in runs:
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr
    assert sorted(path.name for path in folder.iterdir()) == FILES
    document = json.loads((folder / "exam.json").read_text(encoding="utf-8"))
    assert document["exam"] in ("one", "two")
    assert len(table(folder / "clips.csv")) == 3
    assert (folder / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")

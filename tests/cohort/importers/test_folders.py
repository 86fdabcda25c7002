import shutil
from pathlib import Path

import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from clip_maker import moving_bar, write_video
from lusscore.cohort import read_cohort, write_cohort
from lusscore.cohort.importers import Imported, ImportOptions, get_importer
from lusscore.errors import CohortError, InvalidCohortError


def read(source: Path, protocol: str | None = "blue-6") -> Imported:
    return get_importer("folders")(source, ImportOptions(protocol=protocol))


def video(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, moving_bar(2))


def image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), 90).save(path)


def test_patient_zone_score_with_videos(tmp_path: Path) -> None:
    video(tmp_path / "ward" / "anna" / "R1" / "0" / "a.mp4")
    video(tmp_path / "ward" / "anna" / "R1" / "0" / "b.mov")
    video(tmp_path / "ward" / "bert" / "l3" / "score3" / "c.mp4")
    (tmp_path / "ward" / "bert" / "notes.txt").write_text("x")
    imported = read(tmp_path / "ward")
    told = [(s.patient, s.zone, s.score, Path(s.clip).name) for s in imported.segments]
    assert told == [
        ("anna", "R1", 0, "a.mp4"),
        ("anna", "R1", 0, "b.mov"),
        ("bert", "L3", 3, "c.mp4"),
    ]
    assert imported.ignored == ("bert/notes.txt",)
    assert imported.card.label_level == "clip"
    write_cohort(tmp_path / "data" / "ward", imported.card, imported.segments)
    assert len(read_cohort(tmp_path / "data" / "ward").clips()) == 3


def test_images_of_one_folder_are_the_frames_of_one_clip(tmp_path: Path) -> None:
    for number in range(3):
        image(tmp_path / "anna" / "R1" / "2" / f"{number}.png")
    imported = read(tmp_path)
    (segment,) = imported.segments
    assert Path(segment.clip) == (tmp_path / "anna" / "R1" / "2").resolve()
    assert imported.card.label_level == "frame"


def test_score_then_patient(tmp_path: Path) -> None:
    image(tmp_path / "0" / "anna_001.png")
    image(tmp_path / "LUS_3" / "bert_R2_001.jpg")
    video(tmp_path / "LUS_3" / "bert_cine.mp4")
    image(tmp_path / "0" / "nameless.png")
    imported = read(tmp_path)
    told = [(s.patient, s.zone, s.score, Path(s.clip).name) for s in imported.segments]
    assert told == [
        ("anna", "", 0, "anna_001.png"),
        ("bert", "", 3, "bert_cine.mp4"),
        ("bert", "R2", 3, "bert_R2_001.jpg"),
    ]
    assert imported.ignored == ("0/nameless.png",)


def dicom(path: Path) -> None:
    """A multi-frame ultrasound of pydicom's own test files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(str(get_testdata_file("examples_palette.dcm")), path)


def test_videos_dicom_and_images_are_read_in_any_mixture(tmp_path: Path) -> None:
    score = tmp_path / "anna" / "R1" / "2"
    video(score / "a.mp4")
    dicom(score / "b.dcm")
    dicom(score / "IM0001")
    image(score / "d.PNG")
    (score / "DICOMDIR").write_bytes(b"x")
    (score / "Thumbs.db").write_bytes(b"x")
    (score / ".DS_Store").write_bytes(b"x")
    imported = read(tmp_path)
    assert [Path(s.clip).name for s in imported.segments] == ["a.mp4", "b.dcm", "IM0001", "2"]
    assert {(s.patient, s.zone, s.score) for s in imported.segments} == {("anna", "R1", 2)}
    assert imported.ignored == ()  # what systems leave behind is nothing that a person gave


def test_zones_may_be_written_out_and_tell_the_protocol(tmp_path: Path) -> None:
    video(tmp_path / "anna" / "Left anterior superior" / "2" / "a.mp4")
    video(tmp_path / "anna" / "R post mid" / "0" / "a.mp4")
    imported = read(tmp_path, None)
    assert imported.card.protocol == "lus-14"
    assert [segment.zone for segment in imported.segments] == ["L-ant-sup", "R-post-mid"]


def test_a_protocol_that_was_guessed_is_told(tmp_path: Path) -> None:
    video(tmp_path / "anna" / "R post mid" / "2" / "a.mp4")
    (note,) = read(tmp_path, None).notes
    assert "lus-14 was taken, the first of those whose zones most names hold (R post" in note
    assert read(tmp_path, "lus-14").notes == ()


def test_a_protocol_that_nothing_told_is_told(tmp_path: Path) -> None:
    image(tmp_path / "0" / "anna_001.png")
    (note,) = read(tmp_path, None).notes
    assert "lus-12 was taken, the first there is, since nothing is named like a zone" in note


def test_names_of_files_give_zones_as_they_do_where_exams_are_scored(tmp_path: Path) -> None:
    for name in ("anna/patient_3_L1_2.mp4", "bert/right/PLAPS right.mp4", "bert/GE L2-9 lung.mp4"):
        video(tmp_path / name)
    imported = read(tmp_path, None)
    assert imported.card.protocol == "blue-6"
    zones = {Path(one.clip).stem: one.zone for one in imported.segments}
    assert zones == {"patient_3_L1_2": "L1", "PLAPS right": "R3", "GE L2-9 lung": ""}


def test_links_to_files_that_are_not_here_are_missing(tmp_path: Path) -> None:
    video(tmp_path / "anna" / "R1" / "2" / "a.mp4")
    try:
        (tmp_path / "anna" / "R1" / "2" / "b.mp4").symlink_to(tmp_path / ".git" / "annex" / "b.mp4")
    except OSError:
        pytest.skip("links cannot be made here")
    imported = read(tmp_path)
    assert len(imported.segments) == 1
    assert imported.missing == ("anna/R1/2/b.mp4",)


def test_files_that_lie_where_a_labelled_tree_has_none_are_told(tmp_path: Path) -> None:
    video(tmp_path / "anna" / "R1" / "2" / "a.mp4")
    video(tmp_path / "anna" / "R1" / "2" / "more" / "b.mp4")
    for stray in ("x.mp4", "anna/y.mp4", "anna/R1/z.mp4"):
        video(tmp_path / stray)
    imported = read(tmp_path)
    assert len(imported.segments) == 1
    assert set(imported.ignored) == {"x.mp4", "anna/y.mp4", "anna/R1/z.mp4", "anna/R1/2/more/"}


def test_any_other_tree_comes_in_unlabelled_by_top_folder(tmp_path: Path) -> None:
    video(tmp_path / "ward" / "anna" / "2026" / "R1" / "a.mp4")
    dicom(tmp_path / "ward" / "anna" / "S1" / "1" / "IM1")
    image(tmp_path / "ward" / "bert" / "still.png")
    video(tmp_path / "ward" / "loose.avi")
    (tmp_path / "ward" / "bert" / "notes.txt").write_text("x")
    imported = read(tmp_path / "ward")
    told = [(s.patient, s.zone, s.score, Path(s.clip).name) for s in imported.segments]
    assert told == [
        ("loose", "", None, "loose.avi"),
        ("anna", "R1", None, "a.mp4"),
        ("anna", "", None, "IM1"),
        ("bert", "", None, "bert"),
    ]
    assert imported.ignored == ("bert/notes.txt",)
    assert "all clips are unlabelled" in imported.notes[0]
    write_cohort(tmp_path / "data" / "ward", imported.card, imported.segments)
    assert read_cohort(tmp_path / "data" / "ward").segments == imported.segments


def test_scores_below_folders_that_are_no_zones_are_not_taken_for_unlabelled(
    tmp_path: Path,
) -> None:
    video(tmp_path / "anna" / "apex" / "2" / "a.mp4")
    video(tmp_path / "bert" / "base" / "0" / "a.mp4")
    with pytest.raises(InvalidCohortError, match="anna/apex: is not a zone of lus-12"):
        read(tmp_path, None)


def test_a_link_back_to_a_folder_above_ends_nowhere(tmp_path: Path) -> None:
    video(tmp_path / "ward" / "anna" / "a.mp4")
    try:
        (tmp_path / "ward" / "anna" / "back").symlink_to(tmp_path / "ward")
    except OSError:
        pytest.skip("links may not be made here")
    assert len(read(tmp_path / "ward").segments) == 1


def test_folders_that_are_no_zones_or_scores_are_named_at_once(tmp_path: Path) -> None:
    video(tmp_path / "anna" / "R9" / "0" / "a.mp4")
    video(tmp_path / "anna" / "R1" / "7" / "a.mp4")
    with pytest.raises(InvalidCohortError) as caught:
        read(tmp_path)
    assert [problem.where for problem in caught.value.problems] == ["anna/R1/7", "anna/R9"]


def test_a_folder_without_clips_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(CohortError, match="holds no images or clips in <patient>"):
        read(tmp_path)
    with pytest.raises(CohortError, match="there is no folder here"):
        read(tmp_path / "gone")

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clip_maker import moving_bar, write_video
from dicom_maker import save, ultrasound_header, write_ultrasound
from lusscore.cohort.protocols import Protocol, get_protocol
from lusscore.errors import ExamError
from lusscore.scoring.exam import ExamClip
from lusscore.scoring.exam_input import ExamInput, find_exam

BLUE, LUS_12, LUS_14 = (get_protocol(name) for name in ("blue-6", "lus-12", "lus-14"))


PAGE = Path(__file__).parents[2] / "docs" / "exam-input.md"


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "clip.mp4", moving_bar(2))


@pytest.fixture
def make(tmp_path: Path, video: Path) -> Callable[..., Path]:
    """A maker of folders of real videos."""

    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / "exam" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(video, path)
        return tmp_path / "exam"

    return make


def zones(exam: ExamInput) -> dict[str, str]:
    return {clip.path.name: clip.zone for clip in exam.clips}


def sources(exam: ExamInput) -> list[str]:
    return [clip.zone_source for clip in exam.clips]


def test_the_table_is_trusted_before_the_name_the_folder_and_the_header(
    make: Callable[..., Path], tmp_path: Path
) -> None:
    root = make("R3/a_L1.mp4", "R3/b_L1.mp4", "R3/c.mp4", "d.mp4", "zones.csv")
    write_ultrasound(root / "IM_1", moving_bar(1), SeriesDescription="R2")
    write_ultrasound(root / "IM_2_L2", moving_bar(1), SeriesDescription="R2")
    (root / "zones.csv").write_text("clip,zone\na_L1.mp4,L3\nb_L1,\n")
    exam = find_exam([root], BLUE, table=root / "zones.csv")
    assert exam.clips == (
        ExamClip(root / "d.mp4", "", ""),
        ExamClip(root / "IM_1", "R2", "DICOM"),
        ExamClip(root / "IM_2_L2", "L2", "file name"),
        ExamClip(root / "R3" / "a_L1.mp4", "L3", "table"),
        ExamClip(root / "R3" / "b_L1.mp4", "L1", "file name"),
        ExamClip(root / "R3" / "c.mp4", "R3", "folder"),
    )
    assert exam.ignored == ()
    assert any("The table gives clip 4 another zone" in note for note in exam.notes)
    assert any("clips 3 and 5 give different zones" in note for note in exam.notes)
    assert any("for clip 1;" in note and "--zones" in note for note in exam.notes)


def test_an_exam_in_order_needs_no_note(make: Callable[..., Path]) -> None:
    exam = find_exam([make("R1.mp4", "R2.mp4", "R2_2.mp4", "L1.mp4")], BLUE)
    assert zones(exam) == {"L1.mp4": "L1", "R1.mp4": "R1", "R2.mp4": "R2", "R2_2.mp4": "R2"}
    assert exam.notes == ()


def test_the_inner_folder_is_trusted_and_words_of_several_are_joined(
    make: Callable[..., Path],
) -> None:
    names = ("R-ant-sup/LAI/1.mp4", "left/anterior/sup_1.mp4", "right/lat-inf.mp4", "3.mp4")
    exam = find_exam([make(*names)], LUS_12)
    told = {clip.path.name: (clip.zone, clip.zone_source) for clip in exam.clips}
    assert told == {
        "1.mp4": ("L-ant-inf", "folder"),
        "sup_1.mp4": ("L-ant-sup", "folder"),
        "lat-inf.mp4": ("R-lat-inf", "folder"),
        "3.mp4": ("", ""),
    }


def test_the_folder_given_and_those_above_it_tell_nothing(make: Callable[..., Path]) -> None:
    root = make("L1/R-ant-sup/R2/clip.mp4") / "L1" / "R-ant-sup"
    assert sources(find_exam([root / "R2"], BLUE)) == [""]
    assert sources(find_exam([root / "R2" / "clip.mp4"], BLUE)) == [""]


def test_a_name_of_two_zones_tells_none_nor_does_its_folder(make: Callable[..., Path]) -> None:
    exam = find_exam([make("R1/L1_L2.mp4", "L3.mp4")], BLUE)
    assert [clip.zone for clip in exam.clips] == ["L3", ""]
    assert any("More than one zone is named for clip 2" in note for note in exam.notes)


def test_a_folder_of_images_is_told_by_its_name(tmp_path: Path) -> None:
    from PIL import Image

    for number in range(12):
        (tmp_path / "exam" / "R1 deep").mkdir(parents=True, exist_ok=True)
        Image.fromarray(moving_bar(1)[0]).save(tmp_path / "exam" / "R1 deep" / f"f{number}.png")
    expected = (ExamClip(tmp_path / "exam" / "R1 deep", "R1", "folder"),)
    assert find_exam([tmp_path / "exam"], BLUE).clips == expected
    assert find_exam([tmp_path / "exam" / "R1 deep"], BLUE).clips == expected


def test_another_protocol_is_named_and_no_zone_is_taken(make: Callable[..., Path]) -> None:
    root = make("R1.mp4", "L1.mp4", "L2.mp4")
    exam = find_exam([root], LUS_12)
    assert {clip.zone for clip in exam.clips} == {""}
    assert any("the names fit blue-6; the model is for lus-12" in note for note in exam.notes)
    assert any("for any clip; assign it by a table (--zones" in note for note in exam.notes)


def test_zones_of_a_finer_protocol_are_told_clip_by_clip(make: Callable[..., Path]) -> None:
    exam = find_exam([make("R-post-sup.mp4", "R-post-mid.mp4")], LUS_12)
    assert zones(exam) == {"R-post-mid.mp4": "", "R-post-sup.mp4": "R-post-sup"}
    assert any("the names of clip 1 fit lus-14;" in note for note in exam.notes)


@pytest.mark.parametrize("protocol", [BLUE, LUS_12])
def test_regions_counted_beyond_three_are_no_blue_points(
    make: Callable[..., Path], protocol: Protocol
) -> None:
    exam = find_exam([make(*(f"R{n}.mp4" for n in range(1, 7)), "PLAPS left.mp4")], protocol)
    told = {name: zone for name, zone in zones(exam).items() if zone}
    assert told == ({"PLAPS left.mp4": "L3"} if protocol is BLUE else {})
    assert any("beyond 3" in note for note in exam.notes)
    if protocol is LUS_12:
        assert not any("R1" in note for note in exam.notes)


def test_three_clips_of_one_zone_are_noted_unless_a_table_gives_it(
    make: Callable[..., Path],
) -> None:
    root = make("RAI_1.mp4", "RAI_2.mp4")
    assert find_exam([root], LUS_12).notes == ()
    make("RAI_3.mp4")
    (note,) = find_exam([root], LUS_12).notes
    assert "All clips have the zone R-ant-inf" in note
    (root / "zones.csv").write_text("clip,zone\n" + "".join(f"RAI_{n},RAI\n" for n in (1, 2, 3)))
    assert find_exam([root], LUS_12, table=root / "zones.csv").notes == ()


def test_many_clips_are_counted(make: Callable[..., Path]) -> None:
    (note,) = find_exam([make("L1.mp4", *(f"{'ab'[n % 2]}{n}.mp4" for n in range(20)))], BLUE).notes
    assert "20 of 21 clips" in note


@pytest.mark.parametrize(
    "names",
    [
        ("patient_3_L1.mp4", "patient_4_R1.mp4"),
        ("P03/L1.mp4", "P12/R1.mp4"),
        ("anna/L1.mp4", "anna/R1.mp4", "bert/L1.mp4", "bert/R1.mp4"),
    ],
)
def test_more_than_one_patient_is_noted_without_a_name(
    make: Callable[..., Path], names: tuple[str, ...]
) -> None:
    notes = find_exam([make(*names)], BLUE).notes
    assert len(notes) == 1
    assert "one visit of one patient" in notes[0]
    assert not re.search("anna|bert|P03", notes[0])


@pytest.mark.parametrize(
    "names",
    [
        ("patient_3_L1.mp4", "patient_3_R1.mp4", "patient_03_R2.mp4"),
        ("L1/a.mp4", "L1/b.mp4", "R1/a.mp4"),
        ("clips/L1.mp4", "repeated/R1.mp4"),
    ],
)
def test_one_patient_is_not_noted(make: Callable[..., Path], names: tuple[str, ...]) -> None:
    assert find_exam([make(*names)], BLUE).notes == ()


def test_several_patients_in_headers_are_noted_and_nothing_of_headers_is_told(
    tmp_path: Path,
) -> None:
    for number, patient in enumerate(("ANNA-1", "BERT-2")):
        told = {"PatientID": patient, "PatientName": f"{patient}^X", "ImageComments": "L1 R1 Cleo"}
        write_ultrasound(tmp_path / f"IM_{number}", moving_bar(1), **told)
    exam = find_exam([tmp_path], BLUE)
    assert any("one visit of one patient" in note for note in exam.notes)
    assert any("More than one zone is named" in note for note in exam.notes)
    assert not re.search("(?i)anna|bert|cleo", repr(exam.notes))


def test_notes_name_no_file_and_no_folder(make: Callable[..., Path]) -> None:
    root = make("anna/R1.mp4", "anna/L1_L2.mp4", "bert/R1.mp4", "bert/L1/R2.mp4", "labels.csv")
    exam = find_exam([root], BLUE)
    assert len(exam.notes) >= 3
    assert not re.search(r"anna|bert|mp4|labels|/", repr(exam.notes))
    assert any("A table lies beside the clips" in note for note in exam.notes)


def test_dicom_without_an_image_is_no_clip(make: Callable[..., Path]) -> None:
    report = ultrasound_header(1, 8, 8)
    del report.Rows
    root = make("R1.mp4", "x.txt")
    save(report, root / "SR_1")
    exam = find_exam([root], BLUE)
    assert zones(exam) == {"R1.mp4": "R1"}
    assert exam.ignored == ("SR_1", "x.txt")
    with pytest.raises(ExamError, match="looked for"):
        find_exam([root / "SR_1"], BLUE)


def test_nothing_found_tells_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(b"%PDF")
    with pytest.raises(ExamError) as caught:
        find_exam([tmp_path], BLUE)
    message = str(caught.value)
    assert str(tmp_path) in message
    assert "DICOM, image, image folder, video" in message
    assert "1 file of another kind is there" in message


ROWS = re.findall(
    r"^\| `([^`]+)` \| ([a-z]+-\d+) \| (\S+?)(, unclear)? \|$",
    PAGE.read_text(encoding="utf-8"),
    re.MULTILINE,
)


@pytest.mark.parametrize(("name", "protocol", "zone", "unclear"), ROWS)
def test_the_examples_of_the_page_hold(
    make: Callable[..., Path], name: str, protocol: str, zone: str, unclear: str
) -> None:
    exam = find_exam([make(name)], get_protocol(protocol))
    assert exam.clips[0].zone == ("" if zone == "none" else zone)
    assert any("More than one zone" in note for note in exam.notes) == bool(unclear)


@pytest.mark.shared
def test_every_clip_of_covid_blues_has_the_zone_of_its_name(shared: Path) -> None:
    exam = find_exam([shared / "covid-blues" / "lus_videos"], BLUE)
    assert len(exam.clips) == 281
    for clip in exam.clips:
        written = re.fullmatch(r"patient_\d+_([LR][123])(?:_2)?", clip.path.stem)
        assert written is not None
        assert (clip.zone, clip.zone_source) == (written[1], "file name")

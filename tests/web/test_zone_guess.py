from pathlib import Path

import numpy as np
import pytest

from dicom_maker import write_ultrasound
from lusscore.cohort.protocols import get_protocol
from lusscore.scoring.exam_input import find_exam
from lusscore.scoring.zones import DicomTexts
from lusscore.web.exams import UploadedClip
from lusscore.web.zone_guess import guess_zones

BLUE = get_protocol("blue-6")


def held(*names: str) -> list[UploadedClip]:
    return [
        UploadedClip(number, Path(f"{number:04}.mp4"), name, 1, b"")
        for number, name in enumerate(names, 1)
    ]


def zones(clips: list[UploadedClip]) -> list[tuple[str, str]]:
    return [(clip.zone, clip.zone_source) for clip in clips]


@pytest.mark.parametrize(
    "names",
    [
        ("exam/R1.mp4", "exam/L-2.mp4", "exam/scan.mp4"),
        ("exam/R1/a.mp4", "exam/L3/a.mp4", "exam/L3/b.mp4"),
        ("exam/patient_1_R1.mp4", "exam/patient_1_R1_2.mp4"),
        ("exam/R1.mp4", "exam/R4.mp4", "exam/L2.mp4"),
        ("exam/R1 L2.mp4", "exam/L1/R2.mp4"),
        ("R1/scan.mp4", "R1/other.mp4"),
        ("exam/a.R1", "exam/IM.12"),
    ],
)
def test_zones_are_those_that_the_command_line_tells(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    clips = held(*names)
    guess_zones(clips, BLUE)
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_ultrasound(path, np.zeros((1, 4, 4), np.uint8))
    found = find_exam([tmp_path / names[0].split("/")[0]], BLUE)
    told = {clip.path.relative_to(tmp_path).as_posix(): clip for clip in found.clips}
    for clip in clips:
        assert (clip.zone, clip.zone_source) == (
            told[clip.name].zone,
            told[clip.name].zone_source,
        ), clip.name


def test_of_several_folders_that_were_dropped_each_may_tell_a_zone() -> None:
    clips = held("R1/scan.mp4", "L2/scan.mp4")
    guess_zones(clips, BLUE)
    assert zones(clips) == [("R1", "folder"), ("L2", "folder")]


def test_what_a_person_chose_stays() -> None:
    clips = held("R1.mp4", "L2.mp4")
    clips[0].zone, clips[0].zone_source, clips[0].by_person = "L3", "person", True
    clips[1].by_person = True
    guess_zones(clips, BLUE)
    assert zones(clips) == [("L3", "person"), ("", "")]


def test_names_that_count_beyond_three_tell_no_blue_point() -> None:
    clips = held("R1.mp4", "R6.mp4")
    notes = guess_zones(clips, BLUE)
    assert zones(clips) == [("", ""), ("", "")]
    assert any("beyond 3" in note for note in notes)


def test_what_is_unclear_or_of_another_protocol_or_patient_is_told() -> None:
    clips = held("e/R1 L1.mp4", "e/L2/R2.mp4")
    guess_zones(clips, BLUE)
    assert "more than one" in clips[0].zone_warning
    assert "check" in clips[1].zone_warning
    assert any("lus-12" in note for note in guess_zones(held("right ant sup.mp4"), BLUE))
    notes = guess_zones(held("patient_1_R1.mp4", "patient_2_R1.mp4"), BLUE)
    assert any("more than one patient" in note for note in notes)
    for note in notes:
        assert "patient_1" not in note


@pytest.mark.parametrize(
    "names",
    [
        ("p1/R1.mp4", "p1/L1.mp4", "p2/R1.mp4", "p2/L1.mp4"),
        ("ward/a/R1.mp4", "ward/a/L1.mp4", "ward/b/R1.mp4", "ward/b/L1.mp4"),
        ("R1.mp4", "L1.mp4", "R1.mp4", "L1.mp4"),
        ("visit/R1.mp4", "visit/L1.mp4", "visit/R1.mp4", "visit/L1.mp4"),
    ],
)
def test_clips_of_several_visits_are_told_as_such(names: tuple[str, ...]) -> None:
    clips = held(*names)
    for clip in clips:
        clip.size = clip.number
    (note,) = guess_zones(clips, BLUE)
    assert "more than one patient or visit" in note
    assert guess_zones(clips[:2], BLUE) == ()


def test_headers_of_two_patients_are_told_without_what_they_say() -> None:
    clips = held("a.dcm", "b.dcm")
    for clip, patient in zip(clips, ("ROE^JANE", "DOE^JOHN"), strict=True):
        clip.header = DicomTexts((), "", patient)
    (note,) = guess_zones(clips, BLUE)
    assert "more than one patient or visit" in note
    assert "ROE" not in note


def test_a_clip_that_came_twice_is_no_other_visit() -> None:
    clips = held("R1.mp4", "L1.mp4", "R1.mp4", "L1.mp4")
    for clip, size in zip(clips, (5, 6, 5, 6), strict=True):
        clip.size = size
    assert guess_zones(clips, BLUE) == ()


def test_zones_that_a_person_chose_tell_several_visits_too() -> None:
    clips = held("e/a/1.mp4", "e/a/2.mp4", "e/b/3.mp4", "e/b/4.mp4")
    assert guess_zones(clips, BLUE) == ()
    for clip, zone in zip(clips, ("R1", "L1", "R1", "L1"), strict=True):
        clip.zone, clip.by_person = zone, True
    assert "more than one patient or visit" in guess_zones(clips, BLUE)[0]


@pytest.mark.parametrize("name", ["///", "..", "../..", "a//b", "R1", " ", "C:\\R1.mp4"])
def test_odd_names_are_no_error(name: str) -> None:
    guess_zones(held(name), BLUE)

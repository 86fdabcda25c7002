from pathlib import Path

import pytest

from lusscore.cohort.protocols import get_protocol
from lusscore.scoring import exam_doubts
from lusscore.scoring.exam_doubts import ReadClip, notes_on_zones
from lusscore.scoring.exam_files import FoundClip
from lusscore.scoring.zones_from.clip import ZoneGuess
from lusscore.scoring.zones_from.dicom import DicomTexts

BLUE = get_protocol("blue-6")
KNOWN, UNCLEAR, OPEN = ZoneGuess("L1", "file name"), ZoneGuess(unclear=True), ZoneGuess()


def read(told: ZoneGuess = KNOWN, name: str = "a", top: str = "", patient: str = "") -> ReadClip:
    folders = (top,) if top else ()
    found = FoundClip(Path("a.mp4"), name, folders, (Path("exam"), top))
    return ReadClip(found, DicomTexts((), "", patient), told)


def notes_on_patients(clips: list[ReadClip]) -> tuple[str, ...]:
    found, headers, guesses = zip(*((c.found, c.header, c.told) for c in clips), strict=True)
    return exam_doubts.notes_on_patients(found, headers, guesses)


def test_clips_are_told_by_their_numbers() -> None:
    notes = notes_on_zones([read(OPEN), read(), read(UNCLEAR), read(UNCLEAR)], BLUE)
    assert [note.split(" names ")[0].split(";")[0] for note in notes] == [
        "What should tell the zone of clips 3 and 4",
        "No zone is known for clips 1, 3 and 4",
    ]


def test_many_clips_are_counted() -> None:
    (note,) = notes_on_zones([read(), *[read(OPEN)] * 20], BLUE)
    assert "20 of 21 clips" in note


@pytest.mark.parametrize("count", [2, 3])
def test_three_clips_of_one_zone_are_doubted_unless_a_table_tells_them(count: int) -> None:
    assert len(notes_on_zones([read()] * count, BLUE)) == (count == 3)
    assert notes_on_zones([read(ZoneGuess("L1", "table"))] * count, BLUE) == ()


def test_patients_are_told_apart_by_names_folders_and_headers() -> None:
    assert notes_on_patients([read(name="P3_L1"), read(name="p03_L2"), read(name="x7")]) == ()
    assert notes_on_patients([read(name="P3_L1"), read(name="Case-4_L2")])
    assert notes_on_patients([read(top="subject 1"), read(top="subject 2")])
    assert notes_on_patients([read(patient="A"), read(patient="A"), read()]) == ()
    assert notes_on_patients([read(patient="A"), read(patient="B")])


def test_folders_beside_each_other_with_the_same_zones_are_noted() -> None:
    one, other = ZoneGuess("L1", "file name"), ZoneGuess("R1", "file name")
    tops = [read(one, top="a"), read(other, top="a"), read(one, top="b")]
    assert notes_on_patients(tops) == ()
    assert notes_on_patients([*tops, read(other, top="b")])

from pathlib import Path

import pytest

from lusscore.cohort.protocols import get_protocol
from lusscore.scoring.exam_files import FoundClip
from lusscore.scoring.zones_from.clip import ZoneGuess, guess_zone
from lusscore.scoring.zones_from.dicom import DicomTexts

BLUE, LUS_12 = get_protocol("blue-6"), get_protocol("lus-12")


def found(name: str, *folders: str) -> FoundClip:
    return FoundClip(Path("exam/x.mp4"), name, folders, (Path("exam"), ""))


@pytest.mark.parametrize(
    ("clip", "text", "zone", "source", "contradicted"),
    [
        (found("L1", "L1"), "", "L1", "file name", False),
        (found("L1", "L2"), "", "L1", "file name", True),
        (found("a", "b", "L2", "R3"), "", "L2", "folder", True),
        (found("a", "b"), "R2", "R2", "DICOM", False),
        (found("L1"), "R2", "L1", "file name", True),
        (found("a"), "", "", "", False),
    ],
)
def test_the_first_that_tells_is_believed(
    clip: FoundClip, text: str, zone: str, source: str, contradicted: bool
) -> None:
    told = guess_zone(clip, DicomTexts((text,), "", ""), BLUE)
    assert (told.zone, told.source, told.contradicted) == (zone, source, contradicted)


def test_what_is_unclear_ends_the_asking() -> None:
    assert guess_zone(found("L1_L2", "R1"), None, BLUE) == ZoneGuess(unclear=True, number=2)
    assert guess_zone(found("a", "L1_L2", "R1"), None, BLUE).unclear
    assert guess_zone(found("L1", "L1_L2"), None, BLUE).zone == "L1"


def test_words_of_folders_and_name_tell_a_zone_together_but_no_number_does() -> None:
    told = guess_zone(found("sup_3", "ant", "left"), None, LUS_12)
    assert (told.zone, told.source) == ("L-ant-sup", "folder")
    assert guess_zone(found("1", "L"), None, BLUE).zone == ""


def test_zones_written_as_numbers_are_marked() -> None:
    assert guess_zone(found("L2"), None, BLUE).by_number
    assert not guess_zone(found("left upper blue"), None, BLUE).by_number
    assert guess_zone(found("L7"), None, BLUE) == ZoneGuess(number=7)

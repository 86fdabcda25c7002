from pathlib import Path

from lusscore.cohort.protocols import get_protocol
from lusscore.scoring.exam_files import FoundClip
from lusscore.scoring.zones_from.clip import ZoneGuess
from lusscore.scoring.zones_from.scheme import accept_numbers, counts_beyond_blue, fitting_protocol


def fitting(*names: str, protocol: str) -> str:
    clips = [FoundClip(Path(name), name, (), (Path(), "")) for name in names]
    return fitting_protocol([(clip, None) for clip in clips], get_protocol(protocol))[0]


def test_numbers_are_believed_up_to_three() -> None:
    told = [
        ZoneGuess("L1", "file name", number=1, by_number=True),
        ZoneGuess("L3", "folder"),
        ZoneGuess(number=3),
    ]
    assert accept_numbers(told) == told
    told.append(ZoneGuess(number=4))
    assert counts_beyond_blue(told)
    assert accept_numbers(told) == [ZoneGuess(number=1), *told[1:]]


def test_the_protocol_that_most_names_fit_is_named() -> None:
    assert fitting("R1", "L2", "x", protocol="lus-12") == "blue-6"
    assert fitting("R-ant-sup", "R-post-mid", "L-post-mid", protocol="blue-6") == "lus-14"
    assert fitting("R-ant-sup", "R-post-inf", protocol="blue-6") == "lus-12"
    assert fitting("R-post-mid", "R1", "R2", protocol="lus-12") == "blue-6"


def test_none_is_named_where_no_name_fits_or_numbers_count_other_regions() -> None:
    assert fitting("x", "clip 2", protocol="lus-12") == ""
    assert fitting("R1", "R2", "R5", protocol="lus-12") == ""

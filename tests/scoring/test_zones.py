from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from dicom_maker import save, ultrasound_header, write_ultrasound
from lusscore.cohort.protocols import Protocol, get_protocol
from lusscore.scoring.exam_files import FoundClip
from lusscore.scoring.zones import (
    LATERALITIES,
    WRITTEN,
    ZoneGuess,
    accept_numbers,
    counts_beyond_blue,
    fitting_protocol,
    guess_zone,
    read_dicom,
    read_texts,
)

BLUE, LUS_12 = get_protocol("blue-6"), get_protocol("lus-12")


def found(name: str, *folders: str) -> FoundClip:
    return FoundClip(Path("exam/x.mp4"), name, folders, (Path("exam"), ""))


def test_what_is_unclear_ends_the_asking() -> None:
    assert guess_zone(found("L1_L2", "R1"), None, BLUE) == ZoneGuess(unclear=True, number=2)
    assert guess_zone(found("a", "L1_L2", "R1"), None, BLUE).unclear
    assert guess_zone(found("L1", "L1_L2"), None, BLUE).zone == "L1"


def test_zones_written_as_numbers_are_marked() -> None:
    assert guess_zone(found("L2"), None, BLUE).by_number
    assert not guess_zone(found("left upper blue"), None, BLUE).by_number
    assert guess_zone(found("L7"), None, BLUE) == ZoneGuess(number=7)


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


LUS_12, BLUE = get_protocol("lus-12"), get_protocol("blue-6")


def code(meaning: str, **modifiers: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "1", "99TEST", meaning
    for keyword, other in modifiers.items():
        setattr(item, keyword, [code(other)])
    return item


def zone_of(path: Path, protocol: Protocol = LUS_12, **elements: object) -> str | None:
    save(ultrasound_header(1, 8, 8, **elements), path)
    said = read_texts(path)
    assert said is not None
    return read_dicom(said, protocol).zone


@pytest.mark.parametrize("keyword", WRITTEN)
def test_each_text_may_tell_the_zone(tmp_path: Path, keyword: str) -> None:
    assert zone_of(tmp_path / "IM", **{keyword: "R ANT SUP"}) == "R-ant-sup"
    assert zone_of(tmp_path / "IM", BLUE, **{keyword: "LUNG L2"}) == "L2"


@pytest.mark.parametrize("keyword", LATERALITIES)
def test_a_side_completes_a_text(tmp_path: Path, keyword: str) -> None:
    told = {keyword: "L", "SeriesDescription": "Lung, posterior inferior"}
    assert zone_of(tmp_path / "IM", **told) == "L-post-inf"


def test_a_side_alone_or_none_tells_no_zone(tmp_path: Path) -> None:
    assert zone_of(tmp_path / "IM", Laterality="L") is None
    assert zone_of(tmp_path / "IM", Laterality="L", ProtocolName="Lung") is None
    assert zone_of(tmp_path / "IM", Laterality="B", ProtocolName="anterior superior") is None


def test_codes_tell_a_zone_with_their_modifiers(tmp_path: Path) -> None:
    view = code("anterior", ViewModifierCodeSequence="superior")
    assert zone_of(tmp_path / "IM", ViewCodeSequence=[view], ImageLaterality="R") == "R-ant-sup"
    region = code("Left lung", AnatomicRegionModifierSequence="Upper BLUE point")
    assert zone_of(tmp_path / "IM", BLUE, AnatomicRegionSequence=[region]) == "L1"


def test_a_region_tells_the_side_of_a_view(tmp_path: Path) -> None:
    told = {
        "AnatomicRegionSequence": [code("Right lung structure")],
        "ViewCodeSequence": [code("lateral inferior")],
    }
    assert zone_of(tmp_path / "IM", **told) == "R-lat-inf"


def test_the_anatomy_of_all_frames_is_read(tmp_path: Path) -> None:
    anatomy, group = Dataset(), Dataset()
    anatomy.FrameLaterality = "R"
    anatomy.AnatomicRegionSequence = [code("anterior superior region")]
    group.FrameAnatomySequence = [anatomy]
    assert zone_of(tmp_path / "IM", SharedFunctionalGroupsSequence=[group]) == "R-ant-sup"


@pytest.mark.parametrize(
    "told",
    [
        {"SeriesDescription": "R-ant-sup", "ImageComments": "L-ant-sup"},
        {"SeriesDescription": "R-ant-sup", "ImageLaterality": "L"},
        {"ImageComments": "R-ant-sup and R-ant-inf"},
    ],
)
def test_what_disagrees_is_unclear(tmp_path: Path, told: dict[str, str]) -> None:
    save(ultrasound_header(1, 8, 8, **told), tmp_path / "IM")
    said = read_texts(tmp_path / "IM")
    assert said is not None
    assert read_dicom(said, LUS_12).unclear


def test_what_a_header_says_is_not_shown(tmp_path: Path) -> None:
    dataset = ultrasound_header(1, 8, 8, PatientID="4711-anna", ImageComments="for Dr. Berta")
    said = read_texts(save(dataset, tmp_path / "IM"))
    assert said is not None
    assert said.patient == "4711-anna"
    assert "anna" not in repr(said)
    assert "Berta" not in repr(said)


def test_other_files_and_broken_ones_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    (tmp_path / "b.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 40)
    assert read_texts(tmp_path / "a.mp4") is None
    assert read_texts(tmp_path / "b.dcm") is None
    assert read_texts(tmp_path) is None


@pytest.mark.parametrize(
    "text", ["Lung L3-12", "probe L2-9t", "dyn range R 2 gain 3", "persist high L-1 smooth"]
)
def test_probes_and_settings_are_no_blue_points(tmp_path: Path, text: str) -> None:
    save(ultrasound_header(1, 8, 8, AcquisitionDeviceProcessingDescription=text), tmp_path / "IM")
    said = read_texts(tmp_path / "IM")
    assert said is not None
    prediction = read_dicom(said, BLUE)
    assert (prediction.zone, prediction.unclear, prediction.number) == (None, False, 0)


def test_a_short_text_may_part_side_and_number(tmp_path: Path) -> None:
    assert zone_of(tmp_path / "IM", BLUE, ImageComments="R 2") == "R2"
    assert zone_of(tmp_path / "IM", BLUE, ImageComments="L3-12 probe, point R2") == "R2"


def test_a_report_is_no_image(tmp_path: Path) -> None:
    report = ultrasound_header(1, 8, 8)
    for keyword in ("Rows", "Columns", "NumberOfFrames"):
        delattr(report, keyword)
    said = read_texts(save(report, tmp_path / "SR"))
    image = read_texts(write_ultrasound(tmp_path / "IM", np.zeros((1, 8, 8), np.uint8)))
    cut = read_texts(save(ultrasound_header(1, 8, 8), tmp_path / "cut"))
    assert [one is not None and one.is_image for one in (said, image, cut)] == [False, True, True]

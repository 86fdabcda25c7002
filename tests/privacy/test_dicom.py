import warnings
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import MPEG4HP41

from lusscore.clips import open_clip, read_facts
from lusscore.privacy.dicom import Owner, clean_header, copy_dicom
from privacy.planted import (
    EVERYWHERE,
    PEOPLE,
    fan_clip,
    fan_mask,
    pictures,
    plant_in_header,
    seen,
    write_dicom,
    write_mp4,
)

OWNER = Owner("P-AAAAAA", "E-BBBBBB", "C-CCCCCC", "s" * 64)


def example(name: str) -> Path:
    path = get_testdata_file(name)
    assert isinstance(path, str)
    return Path(path)


def test_a_name_outside_the_sector_is_gone_and_the_sector_is_as_it_was(tmp_path: Path) -> None:
    video = fan_clip(0, "Quistgaard")
    clip = write_dicom(tmp_path / "a.dcm", video, PEOPLE[0])
    copy = tmp_path / "out" / "C.dcm"
    copy.parent.mkdir()
    copy_dicom(clip, copy, fan_mask(), OWNER, clean=True)
    after = pictures(copy)
    assert not after[:, ~fan_mask()].any()
    assert (after[:, fan_mask()] == video[:, fan_mask()]).all()
    assert [frame.time for frame in open_clip(copy)] == pytest.approx(
        [frame.time for frame in open_clip(clip)]
    )
    before, facts = read_facts(clip), read_facts(copy)
    assert (facts.regions, facts.frame_rate) == (before.regions, before.frame_rate)
    assert seen(copy.parent, [*EVERYWHERE, *PEOPLE[0].strings]) == []
    dataset = pydicom.dcmread(copy)
    assert (dataset.BurnedInAnnotation, dataset.PatientIdentityRemoved) == ("NO", "YES")
    assert dataset.PhotometricInterpretation == "MONOCHROME2"
    assert dataset.file_meta.TransferSyntaxUID.name.startswith("JPEG 2000 Image Compression (Loss")
    assert copy.stat().st_size < clip.stat().st_size / 2


def test_nothing_that_lies_deep_in_an_ultrasound_region_is_kept(tmp_path: Path) -> None:
    """Regions are kept for their numbers; sequences in them may hold whole headers."""
    person = PEOPLE[0]
    clip = write_dicom(tmp_path / "a.dcm", fan_clip(0, "", 2), person)
    dataset = pydicom.dcmread(clip)
    inner, middle = Dataset(), Dataset()
    inner.PatientName, inner.PatientID = f"{person.family}^{person.given}", person.number
    inner.ImageComments = f"{person.family} call his daughter"
    middle.ReferencedPatientSequence = [inner]
    dataset.SequenceOfUltrasoundRegions[0].RequestAttributesSequence = [middle]
    dataset.SequenceOfUltrasoundRegions[0].ReferencedPatientSequence = [inner]
    dataset.save_as(clip)
    copy = tmp_path / "out" / "C.dcm"
    copy.parent.mkdir()
    copy_dicom(clip, copy, fan_mask(), OWNER, clean=True)
    assert seen(copy.parent, [*EVERYWHERE, *person.strings]) == []
    made = pydicom.dcmread(copy)
    (region,) = made.SequenceOfUltrasoundRegions
    assert not [element.keyword for element in region if element.VR == "SQ"]
    names = [str(element.value) for element in made.iterall() if element.keyword == "PatientName"]
    assert names == [OWNER.patient]


def test_without_a_sector_nobody_is_told_that_nothing_is_burned_in(tmp_path: Path) -> None:
    clip = write_dicom(tmp_path / "a.dcm", fan_clip(0, "Quistgaard", 1), PEOPLE[0])
    everything = np.ones(fan_mask().shape, bool)
    copy_dicom(clip, tmp_path / "C.dcm", everything, OWNER, clean=False)
    assert (pictures(tmp_path / "C.dcm") == pictures(clip)).all()
    dataset = pydicom.dcmread(tmp_path / "C.dcm")
    assert "BurnedInAnnotation" not in dataset
    assert dataset.PatientIdentityRemoved == "NO"


def test_colour_is_kept_exactly(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    video = rng.integers(0, 256, (3, *fan_mask().shape, 3), np.uint8)
    clip = write_dicom(tmp_path / "a.dcm", video, PEOPLE[0])
    copy_dicom(clip, tmp_path / "C.dcm", fan_mask(), OWNER, clean=True)
    assert (pictures(tmp_path / "C.dcm")[:, fan_mask()] == video[:, fan_mask()]).all()
    assert pydicom.dcmread(tmp_path / "C.dcm").PhotometricInterpretation == "YBR_RCT"


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (17, 300)])
def test_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    video = np.random.default_rng(0).integers(0, 256, (1, *size, 3), np.uint8)
    clip = write_dicom(tmp_path / "a.dcm", video, PEOPLE[0])
    copy_dicom(clip, tmp_path / "C.dcm", np.ones(size, bool), OWNER, clean=True)
    assert (pictures(tmp_path / "C.dcm") == video).all()


@pytest.mark.parametrize(
    "name",
    [
        "examples_ybr_color.dcm",
        "examples_rgb_color.dcm",
        "examples_palette.dcm",
        "examples_jpeg2k.dcm",
        "CT_small.dcm",
        "MR_small_RLE.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",
        "SC_ybr_full_422_uncompressed.dcm",
    ],
)
def test_real_files_of_all_kinds_show_what_they_showed(tmp_path: Path, name: str) -> None:
    clip, copy = example(name), tmp_path / "C.dcm"
    before = pictures(clip)
    keep = np.zeros(before.shape[1:3], bool)
    keep[keep.shape[0] // 4 :, : keep.shape[1] // 2] = True
    copy_dicom(clip, copy, keep, OWNER, clean=True)
    after = pictures(copy)
    assert (after[:, keep] == before[:, keep]).all()
    assert not after[:, ~keep].any()
    if len(before) > 1:
        times = [frame.time for frame in open_clip(clip)]
        assert [frame.time for frame in open_clip(copy)] == pytest.approx(times, abs=1e-4)


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    clip = write_dicom(tmp_path / "a.dcm", fan_clip(0, "", 4), PEOPLE[0])
    dataset = pydicom.dcmread(clip)
    del dataset.FrameTime
    dataset.FrameTimeVector = [0, 40, 40.25, 333.3]
    dataset.FrameIncrementPointer = 0x00181065
    dataset.save_as(clip)
    copy_dicom(clip, tmp_path / "C.dcm", fan_mask(), OWNER, clean=True)
    times = [frame.time for frame in open_clip(tmp_path / "C.dcm")]
    assert times == pytest.approx([0, 0.04, 0.08025, 0.41355])


def test_a_video_in_dicom_is_stored_as_frames(tmp_path: Path) -> None:
    video = write_mp4(tmp_path / "a.mp4", fan_clip(3, "Ottilie"), PEOPLE[0])
    clip = write_dicom(tmp_path / "a.dcm", fan_clip(3, "Ottilie"), PEOPLE[0])
    dataset = pydicom.dcmread(clip)
    stream = video.read_bytes()
    dataset.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.PhotometricInterpretation = "YBR_PARTIAL_420"
    dataset.file_meta.TransferSyntaxUID = MPEG4HP41
    dataset.save_as(clip)
    copy = tmp_path / "out" / "C.dcm"
    copy.parent.mkdir()
    copy_dicom(clip, copy, fan_mask(), OWNER, clean=True)
    before, after = pictures(clip), pictures(copy)
    assert (after == np.where(fan_mask()[..., None], before, 0)).all()
    assert [frame.time for frame in open_clip(copy)] == pytest.approx(
        [frame.time for frame in open_clip(clip)], abs=1e-4
    )
    assert seen(copy.parent, [*EVERYWHERE, *PEOPLE[0].strings]) == []


def test_non_square_pixels_are_stored_as_they_are_shown_without_regions(tmp_path: Path) -> None:
    clip = write_dicom(tmp_path / "a.dcm", fan_clip(3, "Ottilie", 2), PEOPLE[0])
    dataset = pydicom.dcmread(clip)
    dataset.PixelAspectRatio = [2, 1]
    dataset.save_as(clip)
    before = pictures(clip)
    assert before.shape[1:3] != fan_mask().shape
    keep = np.ones(before.shape[1:3], bool)
    copy_dicom(clip, tmp_path / "C.dcm", keep, OWNER, clean=True)
    assert (pictures(tmp_path / "C.dcm") == before).all()
    assert read_facts(tmp_path / "C.dcm").regions == ()


def test_a_header_that_is_broken_is_no_obstacle(tmp_path: Path) -> None:
    clip = write_dicom(tmp_path / "a.dcm", fan_clip(3, "", 2), PEOPLE[0])
    raw = clip.read_bytes().replace(b"20200317", b"2020-3-7").replace(b"16", b"XY")
    clip.write_bytes(raw)
    before = pictures(clip)
    copy_dicom(clip, tmp_path / "C.dcm", fan_mask(), OWNER, clean=True)
    assert (pictures(tmp_path / "C.dcm")[:, fan_mask()] == before[:, fan_mask()]).all()
    assert pydicom.dcmread(tmp_path / "C.dcm").StudyDate == ""


def planted(tmp_path: Path, number: int = 0) -> Dataset:
    path = write_dicom(tmp_path / f"{number}.dcm", fan_clip(0, "", 2), PEOPLE[number])
    return pydicom.dcmread(path)


def test_nothing_is_left_that_is_not_on_the_list(tmp_path: Path) -> None:
    header = clean_header(planted(tmp_path), OWNER)
    assert {element.keyword for element in header} == {
        "AccessionNumber", "CineRate", "DeidentificationMethod", "InstanceNumber", "Manufacturer",
        "ManufacturerModelName", "Modality", "PatientBirthDate", "PatientID",
        "PatientName", "PatientSex", "ReferringPhysicianName",
        "SOPClassUID", "SOPInstanceUID", "SequenceOfUltrasoundRegions", "SeriesInstanceUID",
        "SeriesNumber", "SpecificCharacterSet", "StudyDate", "StudyID", "StudyInstanceUID",
        "StudyTime",
    }  # fmt: skip
    assert not [element for element in header.iterall() if element.tag.is_private]
    assert (header.PatientName, header.PatientID) == (OWNER.patient, OWNER.patient)
    assert header.StudyID == OWNER.exam
    assert header.DeidentificationMethod[-1].startswith("lusscore")
    assert "BurnedInAnnotation" not in header


def test_files_of_one_exam_stay_together_and_those_of_two_patients_share_nothing(
    tmp_path: Path,
) -> None:
    source = planted(tmp_path)
    one = clean_header(source, OWNER)
    source.SOPInstanceUID += "9"
    two = clean_header(source, OWNER)
    other = clean_header(source, replace(OWNER, seed="t" * 64))
    assert one.StudyInstanceUID == two.StudyInstanceUID != other.StudyInstanceUID
    assert one.SeriesInstanceUID == two.SeriesInstanceUID
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert one.StudyDate == two.StudyDate != other.StudyDate
    for header in (one, two, other):
        assert header.StudyInstanceUID.is_valid
        assert header.file_meta.MediaStorageSOPInstanceUID == header.SOPInstanceUID
        assert "7777" not in header.StudyInstanceUID


def test_days_between_exams_are_kept_and_the_days_are_not(tmp_path: Path) -> None:
    source, days = planted(tmp_path), []
    for date in ("20200317", "20200401"):
        source.StudyDate = date
        header = clean_header(source, OWNER)
        assert header.StudyDate != date
        assert header.StudyTime == ""
        days.append(datetime.strptime(header.StudyDate, "%Y%m%d"))
    assert (days[1] - days[0]).days == 15


@pytest.mark.parametrize("date", ["", "yesterday", "20201399", "20200317-20200401", "Greta"])
def test_what_is_no_date_is_left_out(date: str) -> None:
    source = Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source.StudyDate = date
        assert clean_header(source, OWNER).StudyDate == ""


def test_an_empty_header_becomes_one_that_is_complete() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = clean_header(Dataset(), OWNER)
        two = clean_header(Dataset(), replace(OWNER, clip="C-DDDDDD"))
    assert one.StudyInstanceUID.is_valid
    assert one.StudyInstanceUID == two.StudyInstanceUID
    assert one.SOPInstanceUID.is_valid
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert one.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7.4"
    assert "SequenceOfUltrasoundRegions" not in one


def test_a_device_is_kept_unless_it_names_the_patient(tmp_path: Path) -> None:
    header = clean_header(planted(tmp_path), OWNER)
    assert (header.Manufacturer, header.ManufacturerModelName) == ("", "Echo 7")


NAMED = [
    ("PatientName", "Li^Wei", "Unit of Dr. Li", False),
    ("PatientName", "Li^Wei", "Clinical Li-ne", False),
    ("PatientName", "Li^Wei", "Clinical line 3", True),
    ("PatientName", "Li^Wei", "WEI_2", False),
    ("PatientName", "Ng^A", "Vivid A", True),
    ("PatientID", "17", "Echo 17", False),
    ("PatientID", "17", "Echo 170", True),
    ("PatientName", "Quistgaard^Ottilie", "Quistgaards Echo", False),
    ("InstitutionName", "St. Ursula Hospital", "Ursula Echo", False),
    ("StationName", "WARD-SEVENTEEN", "Echo Seventeen", False),
    ("OperatorsName", ["Lindqvist^A", "Brambleworth^B"], "Brambleworth 1", False),
    ("PerformingPhysicianName", "Klaproth", "Klaproth 1", False),
    ("ReferringPhysicianName", "Klaproth", "Klaproth 1", False),
]


@pytest.mark.parametrize(("keyword", "name", "device", "kept"), NAMED)
def test_a_device_that_is_named_after_somebody_is_not_kept(
    keyword: str, name: str | list[str], device: str, kept: bool
) -> None:
    source = Dataset()
    setattr(source, keyword, name)
    source.Manufacturer, source.ManufacturerModelName = device, "Echo"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = clean_header(source, OWNER)
    assert (header.Manufacturer, header.ManufacturerModelName) == (device if kept else "", "Echo")


def test_a_private_kind_of_object_is_not_kept(tmp_path: Path) -> None:
    source = planted(tmp_path)
    source.SOPClassUID = "1.2.826.0.1.3680043.9.7777.1"
    assert clean_header(source, OWNER).SOPClassUID == "1.2.840.10008.5.1.4.1.1.7.4"


@pytest.mark.parametrize(
    "name", ["examples_ybr_color.dcm", "examples_rgb_color.dcm", "examples_palette.dcm"]
)
def test_no_value_of_a_real_header_that_could_identify_is_left(name: str) -> None:
    source = pydicom.dcmread(example(name))
    plant_in_header(source, PEOPLE[1])
    header = clean_header(source, OWNER)
    allowed = {"Echo 7", "US", "ISO_IR 192", "", "None", str(source.SOPClassUID)}
    allowed |= {str(source.get("CineRate")), str(source.get("RecommendedDisplayFrameRate"))}
    before = {str(e.value) for e in source.iterall() if e.VR not in ("SQ", "US", "UL", "FD", "SL")}
    after = {str(e.value) for e in header.iterall() if e.VR not in ("SQ", "US", "UL", "FD", "SL")}
    assert before & after <= allowed


def test_the_file_meta_information_is_new(tmp_path: Path) -> None:
    meta = clean_header(planted(tmp_path), OWNER).file_meta
    assert isinstance(meta, FileMetaDataset)
    assert {element.keyword for element in meta} == {
        "ImplementationClassUID", "MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID"
    }  # fmt: skip


def test_a_region_keeps_its_numbers_alone(tmp_path: Path) -> None:
    source = planted(tmp_path)
    (region,) = clean_header(source, OWNER).SequenceOfUltrasoundRegions
    assert (region.RegionLocationMaxX1, region.PhysicalDeltaX) == (117, 0.025)
    assert {element.VR for element in region} <= {"US", "UL", "FD", "SL"}
    left_out = {
        "ImageComments",
        "PixelComponentMask",
        "PixelComponentPhysicalUnits",
        "",
        "Private Creator",
    }
    assert {e.keyword for e in source.SequenceOfUltrasoundRegions[0]} - left_out == {
        element.keyword for element in region
    }


def test_a_text_that_a_broken_file_calls_numbers_is_not_kept(tmp_path: Path) -> None:
    source = planted(tmp_path)
    region = source.SequenceOfUltrasoundRegions[0]
    region.add_new("RegionFlags", "UL", list(b"Quistgaard"))
    region.add_new("PhysicalDeltaX", "FD", [0.5, 0.5])
    region.add_new("PhysicalDeltaY", "LO", "Quistgaard")
    region.add_new("RegionLocationMinX0", "US", 7)
    region.add_new("ReferencePixelX0", "UL", 2**32 - 1)
    (kept,) = clean_header(source, OWNER).SequenceOfUltrasoundRegions
    assert not {"RegionFlags", "PhysicalDeltaX", "PhysicalDeltaY", "ReferencePixelX0"} & {
        e.keyword for e in kept
    }
    assert (kept["RegionLocationMinX0"].VR, kept.RegionLocationMinX0) == ("UL", 7)

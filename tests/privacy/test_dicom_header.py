import warnings
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset

from lusscore.privacy.dicom_header import Owner, clean_header
from privacy.planted import PEOPLE, fan_clip, plant_in_header, write_dicom

OWNER = Owner("P-AAAAAA", "E-BBBBBB", "C-CCCCCC", "s" * 64)


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
    path = get_testdata_file(name)
    assert isinstance(path, str)
    source = pydicom.dcmread(path)
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

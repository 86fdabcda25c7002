from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from lusscore.privacy.dicom_regions import clean_regions
from privacy.planted import PEOPLE, fan_clip, write_dicom


def planted(tmp_path: Path) -> Dataset:
    return pydicom.dcmread(write_dicom(tmp_path / "a.dcm", fan_clip(0, "", 2), PEOPLE[0]))


def test_a_file_without_regions_has_none() -> None:
    assert clean_regions(Dataset()) == []


def test_a_region_keeps_its_numbers_alone(tmp_path: Path) -> None:
    source = planted(tmp_path)
    (region,) = clean_regions(source)
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
    (kept,) = clean_regions(source)
    assert not {"RegionFlags", "PhysicalDeltaX", "PhysicalDeltaY", "ReferencePixelX0"} & {
        e.keyword for e in kept
    }
    assert (kept["RegionLocationMinX0"].VR, kept.RegionLocationMinX0) == ("UL", 7)

from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import MPEG4HP41

from lusscore.clips import open_clip, read_facts
from lusscore.privacy.copy_clip import copy_clip, copy_name
from lusscore.privacy.dicom_copy import copy_dicom
from lusscore.privacy.dicom_header import Owner
from lusscore.sector import Sector
from privacy.planted import EVERYWHERE, PEOPLE, fan_clip, fan_mask, seen, write_dicom, write_mp4

OWNER = Owner("P-AAAAAA", "E-BBBBBB", "C-CCCCCC", "s" * 64)


def pictures(path: Path) -> NDArray[np.uint8]:
    return np.stack([frame.rgb for frame in open_clip(path)])


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


@pytest.mark.parametrize(("source", "clean"), [("motion", "YES"), ("brightness", "NO")])
def test_a_header_promises_only_what_is_sure(tmp_path: Path, source: str, clean: str) -> None:
    clip = write_dicom(tmp_path / "a.dcm", fan_clip(0, "Quistgaard", 2), PEOPLE[0])
    outline = ((58, 8), (70, 8), (112, 80), (64, 92), (16, 80))
    copy = tmp_path / copy_name(clip, "C-CCCCCC")
    copy_clip(clip, copy, OWNER, lambda _: Sector(96, 128, source, outline))
    dataset = pydicom.dcmread(copy)
    assert dataset.PatientIdentityRemoved == clean
    assert ("BurnedInAnnotation" in dataset) is (clean == "YES")

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import HTJ2K, MPEG2MPML, MPEG4HP41, JPEGBaseline8Bit

from clip_maker import moving_bar
from dicom_maker import (
    coded_stream,
    region,
    save,
    ultrasound_header,
    write_encapsulated,
    write_ultrasound,
)
from lusscore.clips import (
    ClipFacts,
    Region,
    clip_regions,
    clip_times,
    count_frames,
    is_clip,
    open_clip,
    read_facts,
)
from lusscore.errors import ClipError

VIDEO = moving_bar(5, 48, 64)


def test_frames_have_number_time_and_rgb(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", VIDEO, FrameTime="40")
    frames = list(open_clip(path))
    assert [frame.index for frame in frames] == list(range(5))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(5) / 25)
    for frame, truth in zip(frames, VIDEO, strict=True):
        np.testing.assert_array_equal(frame.rgb, truth)


@pytest.mark.parametrize(
    ("elements", "rate"),
    [
        ({"FrameTime": "40"}, 25),
        ({"CineRate": "30"}, 30),
        ({"RecommendedDisplayFrameRate": "20"}, 20),
        ({"FrameTime": "50", "CineRate": "30"}, 20),
        ({"CineRate": "10", "RecommendedDisplayFrameRate": "30"}, 10),
        ({"FrameTime": "0", "CineRate": "30"}, 30),
        # a vector for fewer frames than there are tells nothing of the rest
        ({"FrameTimeVector": ["0", "10"], "FrameTime": "40"}, 25),
        ({"FrameTimeVector": ["0", "-10", "20", "20", "20"], "FrameTime": "40"}, 25),
        ({}, math.nan),
    ],
)
def test_one_rate_is_found_where_it_stands(
    tmp_path: Path, elements: dict[str, object], rate: float
) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", VIDEO, **elements)
    assert list(clip_times(path)) == pytest.approx([n / rate for n in range(5)], nan_ok=True)
    assert read_facts(path).frame_rate == pytest.approx(rate, nan_ok=True)


def test_a_vector_of_frame_times_is_summed_up(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", VIDEO, FrameTimeVector=[0, 10, 20, 30, 40])
    assert list(clip_times(path)) == pytest.approx([0, 0.01, 0.03, 0.06, 0.1])
    assert read_facts(path).frame_rate == pytest.approx(4 / 0.1)


@pytest.mark.parametrize("name", ["a.dcm", "b.DICOM", "c.ima", "IM_0001", "1.2.840.113619.2", "d"])
def test_dicom_is_known_by_its_suffix_or_its_bytes(tmp_path: Path, name: str) -> None:
    path = write_ultrasound(tmp_path / name, VIDEO)
    assert is_clip(path)
    assert count_frames(path) == 5
    assert read_facts(path).kind == "DICOM"


def test_files_of_unknown_suffix_that_are_not_dicom_are_no_clips(tmp_path: Path) -> None:
    for name in ("notes.txt", "IM_0001", "a.2.3"):
        (tmp_path / name).write_text("x" * 200)
        assert not is_clip(tmp_path / name)
    # nor is the index of a medium
    assert not is_clip(write_ultrasound(tmp_path / "DICOMDIR", VIDEO))
    # a known suffix is believed, whatever the bytes
    assert is_clip(write_ultrasound(tmp_path / "video.mp4", VIDEO))
    with pytest.raises(ClipError, match="cannot be decoded as a video"):
        count_frames(tmp_path / "video.mp4")


def test_only_dcm_may_lack_the_file_header(tmp_path: Path) -> None:
    whole = write_ultrasound(tmp_path / "a.dcm", VIDEO).read_bytes()
    bare = whole[whole.index(b"\x08\x00\x16\x00") :]
    (tmp_path / "b.dcm").write_bytes(bare)
    np.testing.assert_array_equal(next(open_clip(tmp_path / "b.dcm")).rgb, VIDEO[0])
    (tmp_path / "b.ima").write_bytes(bare)
    with pytest.raises(ClipError, match="b.ima: the file is not DICOM: its bytes 129"):
        count_frames(tmp_path / "b.ima")
    (tmp_path / "c.dcm").write_text("hello, this is no DICOM at all\n" * 20)
    with pytest.raises(ClipError, match=r"c\.dcm: the file is not DICOM"):
        count_frames(tmp_path / "c.dcm")


def test_facts_name_device_rate_size_and_what_the_file_says_of_its_pixels(tmp_path: Path) -> None:
    path = write_ultrasound(
        tmp_path / "a.dcm",
        VIDEO,
        CineRate="25",
        Manufacturer="GE ",
        ManufacturerModelName="Venue",
        BurnedInAnnotation="YES",
    )
    assert read_facts(path) == ClipFacts("DICOM", 48, 64, 25.0, "GE Venue", (), (), True)
    path = write_ultrasound(tmp_path / "b.dcm", VIDEO, BurnedInAnnotation="NO")
    assert read_facts(path).burned_in is False
    assert read_facts(write_ultrasound(tmp_path / "c.dcm", VIDEO)).burned_in is None


def test_identifiers_are_names_of_what_is_there_and_never_values(tmp_path: Path) -> None:
    nested = Dataset()
    nested.OperatorsName = "Grey^Meredith"
    path = tmp_path / "a.dcm"
    write_ultrasound(
        path,
        VIDEO,
        PatientName="Doe^Jane",
        PatientID="",
        StudyDate="20260101",
        InstitutionName="St. Elsewhere",
        ReferencedStudySequence=[nested],
    )
    facts = read_facts(path)
    assert facts.identifiers == ("InstitutionName", "OperatorsName", "PatientName", "StudyDate")
    assert not re.search("Doe|Grey|2026|Elsewhere", repr(facts))


def test_private_tags_count_as_identifiers_where_they_hold_something(tmp_path: Path) -> None:
    dataset = ultrasound_header(1, 2, 2)
    dataset.PixelData = bytes(12)
    block = dataset.private_block(0x0009, "ACME", create=True)
    assert read_facts(save(dataset, tmp_path / "a.dcm")).identifiers == ()
    block.add_new(1, "LO", "something")
    assert read_facts(save(dataset, tmp_path / "b.dcm")).identifiers == ("private tags",)


def test_regions_are_in_pixels_of_the_frames_that_are_yielded(tmp_path: Path) -> None:
    regions = [
        region(4, 2, 59, 40),
        region(4, 41, 59, 47, data=2),
        region(0, 0, 9, 9, space=3),
        region(50, 30, 999, 999),
        region(70, 0, 90, 10),
        Dataset(),
    ]
    path = write_ultrasound(tmp_path / "a.dcm", VIDEO, SequenceOfUltrasoundRegions=regions)
    assert read_facts(path).regions == (
        Region(4, 2, 60, 41, True),
        Region(4, 41, 60, 48, False),
        Region(0, 0, 10, 10, False),
        Region(50, 30, 64, 48, True),
    )
    path = write_ultrasound(
        tmp_path / "b.dcm",
        VIDEO,
        SequenceOfUltrasoundRegions=regions[:1],
        PixelAspectRatio=["1", "2"],
    )
    assert read_facts(path).regions == (Region(8, 2, 120, 41, True),)


@pytest.mark.parametrize(
    ("syntax", "codec", "container"),
    [
        (MPEG4HP41, "libx264", "mp4"),
        (MPEG4HP41, "libx264", "h264"),
        (MPEG4HP41, "libx264", "mpegts"),
        (MPEG2MPML, "mpeg2video", "mpeg2video"),
        ("1.2.840.10008.1.2.4.107", "libx265", "mp4"),
    ],
)
@pytest.mark.parametrize("fragments", [1, 3])
def test_a_video_within_dicom_is_decoded(
    tmp_path: Path, syntax: str, codec: str, container: str, fragments: int
) -> None:
    stream = coded_stream(VIDEO, codec, container)
    cut = max(2, len(stream) // fragments // 2 * 2)
    parts = [stream[at : at + cut] for at in range(0, len(stream), cut)]
    header = ultrasound_header(5, 48, 64, "YBR_PARTIAL_420", FrameTime="50")
    path = write_encapsulated(tmp_path / "a.dcm", parts, header, syntax)
    frames = list(open_clip(path))
    assert count_frames(path) == len(frames) == 5
    # DICOM's clock, not the stream's 25 frames per second
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(5) * 0.05)
    for frame, truth in zip(frames, VIDEO, strict=True):
        assert np.abs(frame.rgb.astype(int) - truth)[truth > 200].mean() < 15
    facts = read_facts(path)
    assert (facts.height, facts.width, facts.frame_rate) == (48, 64, 20)
    assert [frame.index for frame in open_clip(path, {3})] == [3]


def test_a_video_within_dicom_without_a_clock_has_the_streams(tmp_path: Path) -> None:
    stream = coded_stream(VIDEO, "libx264", "mp4")
    header = ultrasound_header(5, 48, 64, "YBR_PARTIAL_420")
    path = write_encapsulated(tmp_path / "a.dcm", [stream], header, MPEG4HP41)
    times = [frame.time for frame in open_clip(path)]
    np.testing.assert_allclose(times, np.arange(5) / 25, atol=1e-6)


@pytest.mark.parametrize(
    ("syntax", "sentence"),
    [
        (HTJ2K, r"High-Throughput JPEG 2000 .* decoder is missing .*requires pylibjpeg"),
        ("1.2.840.113619.5.99", "of a private or unknown kind, which cannot be decoded"),
    ],
)
def test_a_transfer_syntax_without_decoder_is_named(
    tmp_path: Path, syntax: str, sentence: str
) -> None:
    header = ultrasound_header(1, 48, 64)
    path = write_encapsulated(tmp_path / "a.dcm", [b"\xff\x4f\xff\x51" * 20], header, syntax)
    with pytest.raises(ClipError, match=sentence):
        count_frames(path)


def test_fewer_frames_than_declared_gets_a_sentence(tmp_path: Path) -> None:
    import cv2

    jpeg = cv2.imencode(".jpg", VIDEO[0])[1].tobytes()
    header = ultrasound_header(4, 48, 64, "YBR_FULL_422")
    path = write_encapsulated(tmp_path / "a.dcm", [jpeg] * 3, header, JPEGBaseline8Bit)
    with pytest.raises(ClipError, match="declares 4 frames but holds 3"):
        count_frames(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-600])
    with pytest.raises(
        ClipError, match="is truncated within its compressed pixels, 2 fragments in"
    ):
        next(open_clip(path))


def test_what_a_header_says_of_the_patient_is_in_no_message(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", VIDEO, PatientName="SECRET^NAME")
    data, messages = path.read_bytes(), []
    for at in range(140, len(data) - VIDEO.nbytes, 7):
        path.write_bytes(data[:at] + b"\xfe" + data[at + 1 :])
        for ask in (count_frames, read_facts):
            with suppress_into(messages):
                ask(path)
    assert len(messages) > 10
    messages += [str(warning.message) for warning in recwarn]
    assert not [message for message in messages if "SECRET" in message]


@contextmanager
def suppress_into(messages: list[str]) -> Iterator[None]:
    try:
        yield
    except ClipError as error:
        messages.append(str(error))


def test_the_regions_of_a_video_within_dicom_are_those_of_its_square_pixels(
    tmp_path: Path,
) -> None:
    stream = coded_stream(VIDEO, "libx264", "mp4", aspect=2)
    header = ultrasound_header(5, 48, 64, "YBR_PARTIAL_420")
    whole = Dataset()
    whole.RegionLocationMinX0 = whole.RegionLocationMinY0 = 0
    whole.RegionLocationMaxX1, whole.RegionLocationMaxY1 = 63, 47
    whole.RegionSpatialFormat = whole.RegionDataType = 1
    header.SequenceOfUltrasoundRegions = [whole]
    del header.BitsAllocated
    path = write_encapsulated(tmp_path / "a.dcm", [stream], header, MPEG4HP41)
    facts = read_facts(path)
    assert (facts.height, facts.width, facts.frame_rate) == (48, 128, 25)
    assert facts.regions == clip_regions(path) == (Region(0, 0, 128, 48, True),)


def test_pseudonyms_of_a_file_that_was_de_identified_are_no_identifiers(tmp_path: Path) -> None:
    dataset = ultrasound_header(1, 8, 8, "MONOCHROME2")
    dataset.PatientName, dataset.PatientID = "P-AAAAAA", "P-AAAAAA"
    dataset.StudyDate, dataset.InstitutionName = "20000101", "A hospital"
    dataset.PixelData = bytes(64)
    dataset.PatientIdentityRemoved = "NO"
    kept = {"PatientName", "PatientID", "StudyDate", "InstitutionName"}
    assert kept <= set(read_facts(save(dataset, tmp_path / "a.dcm")).identifiers)
    dataset.PatientIdentityRemoved = "YES"
    told = set(read_facts(save(dataset, tmp_path / "b.dcm")).identifiers)
    assert "InstitutionName" in told
    assert not told & {"PatientName", "PatientID", "StudyDate"}

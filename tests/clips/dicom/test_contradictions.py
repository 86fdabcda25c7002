"""Headers that contradict the pixels they describe: the right value, or a sentence."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, RLELossless

from clip_maker import moving_bar
from dicom_maker import (
    region,
    save,
    ultrasound_header,
    write_encapsulated,
    write_ultrasound,
)
from lusscore.clips import clip_regions, clip_times, open_clip, read_facts
from lusscore.errors import ClipError

BARS = moving_bar(4, 48, 64)
BARS[:, 10:20, :, 1:] = 0  # red
BARS[:, 30:40, :, :2] = 0  # blue


def shown(path: Path) -> np.ndarray:
    return np.stack([frame.rgb for frame in open_clip(path)])


def jpegs(subsampling: str) -> list[bytes]:
    """Encode luminance and chroma without the JFIF marker that would say so."""
    coded = []
    for image in BARS:
        data = io.BytesIO()
        Image.fromarray(image).save(data, "JPEG", quality=95, subsampling=subsampling)
        jpeg = data.getvalue()
        end = 4 + int.from_bytes(jpeg[4:6], "big")
        coded.append(jpeg[:2] + jpeg[end:])
    return coded


def test_three_samples_a_pixel_are_no_halved_chroma(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    dataset = ultrasound_header(*BARS.shape[:3], "YBR_FULL_422")
    dataset.PixelData = BARS.tobytes()
    np.testing.assert_array_equal(shown(save(dataset, path)), BARS)
    dataset.PixelData = np.stack(
        [np.asarray(Image.fromarray(image).convert("YCbCr")) for image in BARS]
    ).tobytes()
    np.testing.assert_allclose(shown(save(dataset, path)).astype(int), BARS, atol=3)


@pytest.mark.parametrize("declared", [None, 0, 1, 3])
def test_more_native_frames_than_declared_are_told(tmp_path: Path, declared: int | None) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", BARS, NumberOfFrames=declared)
    with pytest.raises(ClipError, match=rf"declares {declared or 1} frames? .* hold 4"):
        shown(path)


@pytest.mark.parametrize("table", [True, False])
def test_more_compressed_frames_than_declared_are_told(tmp_path: Path, table: bool) -> None:
    dataset = ultrasound_header(2, *BARS.shape[1:3], "YBR_FULL_422")
    path = write_encapsulated(tmp_path / "a.dcm", jpegs("4:2:2"), dataset, JPEGBaseline8Bit)
    if not table:
        dataset.PixelData = encapsulate(jpegs("4:2:2"), has_bot=False)
        save(dataset, path)
    with pytest.raises(ClipError, match=r"declares 2 frames .* hold 4"):
        shown(path)


def test_an_offset_table_that_does_not_fit_is_not_believed(tmp_path: Path) -> None:
    dataset = ultrasound_header(4, *BARS.shape[1:3], "YBR_FULL_422")
    path = write_encapsulated(tmp_path / "a.dcm", jpegs("4:2:2"), dataset, JPEGBaseline8Bit)
    right, data = shown(path), path.read_bytes()
    at = data.index(b"\xfe\xff\x00\xe0\x10\x00\x00\x00") + 8
    path.write_bytes(data[: at + 4] + b"\x02\0\0\0" + data[at + 8 :])
    np.testing.assert_array_equal(shown(path), right)


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, RLELossless])
def test_a_missing_closing_delimiter_loses_no_frame(tmp_path: Path, syntax: str) -> None:
    dataset = ultrasound_header(4, *BARS.shape[1:3], "RGB")
    if syntax == RLELossless:
        dataset.PixelData = BARS.tobytes()
        dataset.compress(RLELossless)
        path = save(dataset, tmp_path / "a.dcm")
    else:
        path = write_encapsulated(tmp_path / "a.dcm", jpegs("4:2:0"), dataset, syntax)
    right, data = shown(path), path.read_bytes()
    assert data.endswith(b"\xfe\xff\xdd\xe0\0\0\0\0")
    path.write_bytes(data[:-8])
    np.testing.assert_array_equal(shown(path), right)
    path.write_bytes(data[:-20])
    with pytest.raises(ClipError, match="truncated"):
        shown(path)


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4"])
def test_a_jpeg_without_markers_has_its_own_colours(
    tmp_path: Path, photometric: str, subsampling: str
) -> None:
    dataset = ultrasound_header(4, *BARS.shape[1:3], photometric)
    path = write_encapsulated(tmp_path / "a.dcm", jpegs(subsampling), dataset, JPEGBaseline8Bit)
    red, blue = shown(path)[:, 13:17].mean((0, 1, 2)), shown(path)[:, 33:37].mean((0, 1, 2))
    assert red[0] > 3 * red[1:].max()
    assert blue[2] > 3 * blue[:2].max()


def test_a_region_of_a_few_pixels_is_no_tissue(tmp_path: Path) -> None:
    regions = [region(0, 0, 1, 1), region(4, 4, 59, 43)]
    path = write_ultrasound(tmp_path / "a.dcm", BARS, SequenceOfUltrasoundRegions=regions)
    assert [(one.left, one.right) for one in clip_regions(path)] == [(4, 60)]
    assert read_facts(path).notes == ("1 ultrasound region in its header cannot be one",)


@pytest.mark.parametrize("keyword", ["FrameTime", "FrameTimeVector"])
def test_decimals_may_follow_a_comma(tmp_path: Path, keyword: str) -> None:
    values = ["33.3"] * 4 if keyword == "FrameTimeVector" else "33.3"
    path = write_ultrasound(tmp_path / "a.dcm", BARS, **{keyword: values})
    path.write_bytes(path.read_bytes().replace(b"33.3", b"33,3"))
    np.testing.assert_allclose(list(clip_times(path)), np.arange(4) * 0.0333, atol=1e-9)


def test_a_vector_without_the_first_frame_keeps_the_clock(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", BARS, FrameTimeVector=["40", "40", "80"])
    np.testing.assert_allclose(list(clip_times(path)), [0, 0.04, 0.08, 0.16])


def test_an_optional_element_that_is_no_number_hinders_nothing(tmp_path: Path) -> None:
    path = write_ultrasound(
        tmp_path / "a.dcm", BARS, PatientWeight="70.5", FrameTime="40.0", PatientName="Doe"
    )
    broken = path.read_bytes().replace(b"70.5", b"7o.5").replace(b"40.0", b"4o.0")
    path.write_bytes(broken)
    assert len(shown(path)) == 4
    facts = read_facts(path)
    assert {"PatientName", "PatientWeight"} <= set(facts.identifiers)
    assert np.isnan(facts.frame_rate)
    assert facts.notes == (
        "its FrameTime is no number or does not fit its frames, so that it has no clock",
    )

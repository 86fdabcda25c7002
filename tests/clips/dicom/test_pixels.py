"""What was written into a DICOM file is what is read: laws over all that the format allows."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from clip_maker import moving_bar
from dicom_maker import save, ultrasound_header, write_encapsulated, write_ultrasound
from lusscore.clips import count_frames, open_clip, read_facts
from pixels_by_hand import assert_shows, rgb_by_hand, shown_by_hand

NATIVE = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


def read(path: Path) -> np.ndarray:
    return np.stack([frame.rgb for frame in open_clip(path)])


def round_trip(dataset: Dataset, stored: np.ndarray, syntax: str) -> np.ndarray:
    """Write samples (frames, rows, columns[, 3]) with a transfer syntax and read them back."""
    path_of = tempfile.TemporaryDirectory()
    if syntax == RLELossless:
        parts = [run_lengths(frame) for frame in stored]
        with path_of as folder:
            return read(write_encapsulated(Path(folder) / "a.dcm", parts, dataset, syntax))
    if dataset.SamplesPerPixel == 3 and dataset.PlanarConfiguration:
        stored = np.moveaxis(stored, -1, 1)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    data = stored.astype(stored.dtype.newbyteorder(order)).tobytes()
    wide = dataset.BitsAllocated > 8
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if wide or syntax == ImplicitVRLittleEndian else "OB"
    with path_of as folder:
        return read(save(dataset, Path(folder) / "a.dcm"))


def run_lengths(frame: np.ndarray) -> bytes:
    """Encode a frame by run lengths (PS3.5 annex G): literal runs and, where all is one, one run.

    By hand, as pydicom's own encoders take neither every depth nor either planar configuration.
    """
    planes = frame.reshape(frame.shape[0] * frame.shape[1], -1).T
    segments = []
    for plane in planes:
        wide = np.ascontiguousarray(plane).astype(plane.dtype.newbyteorder(">"))
        for part in wide.view(np.uint8).reshape(plane.size, -1).T:
            line = part.tobytes()
            if len(set(line)) == 1 and 1 < len(line) <= 128:
                coded = bytes([257 - len(line)]) + line[:1]
            else:
                cuts = range(0, len(line), 128)
                coded = b"".join(
                    bytes([len(line[at : at + 128]) - 1]) + line[at : at + 128] for at in cuts
                )
            segments.append(coded + b"\0" * (len(coded) % 2))
    starts = np.cumsum([64, *map(len, segments)])[:-1]
    header = np.zeros(16, "<u4")
    header[: len(segments) + 1] = [len(segments), *starts]
    return header.tobytes() + b"".join(segments)


@given(
    syntax=st.sampled_from((*NATIVE, RLELossless)),
    planar=st.sampled_from((0, 1)),
    bits=st.sampled_from((8, 16)),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9)),
    photometric=st.sampled_from(("RGB", "YBR_FULL")),
    seed=st.integers(0, 99),
)
@settings(max_examples=60)
def test_colours_written_are_colours_read(
    syntax: str, planar: int, bits: int, shape: tuple[int, int, int], photometric: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    stored = rng.integers(0, 1 << bits, (*shape, 3)).astype(f"u{bits // 8}")
    dataset = ultrasound_header(*shape, photometric, PlanarConfiguration=planar)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    rgb = round_trip(dataset, stored, syntax)
    eight = stored >> (bits - 8)
    if photometric == "RGB":
        np.testing.assert_array_equal(rgb, eight)
    else:
        assert_shows(rgb, rgb_by_hand(eight), 1.01)


@given(
    syntax=st.sampled_from((*NATIVE, RLELossless)),
    allocated=st.sampled_from((8, 16)),
    stored_bits=st.integers(2, 16),
    signed=st.booleans(),
    inverted=st.booleans(),
    window=st.none() | st.tuples(st.floats(-500, 3000), st.floats(2, 5000)),
    slope=st.sampled_from((1.0, 0.5, 2.0)),
    seed=st.integers(0, 99),
)
@settings(max_examples=80)
def test_shades_written_are_shades_read(
    syntax: str,
    allocated: int,
    stored_bits: int,
    signed: bool,
    inverted: bool,
    window: tuple[float, float] | None,
    slope: float,
    seed: int,
) -> None:
    bits = min(allocated, stored_bits)
    low = -(1 << bits - 1) if signed else 0
    values = np.random.default_rng(seed).integers(low, low + (1 << bits), (2, 5, 7))
    stored = values.astype(f"{'i' if signed else 'u'}{allocated // 8}")
    dataset = ultrasound_header(2, 5, 7, "MONOCHROME1" if inverted else "MONOCHROME2")
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = allocated, bits, bits - 1
    dataset.PixelRepresentation = int(signed)
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, -20
    if window:
        dataset.WindowCenter, dataset.WindowWidth = (round(value, 3) for value in window)
    expected = shown_by_hand(dataset, values)
    assert_shows(round_trip(dataset, stored, syntax), expected, 0.51)


def test_eight_bits_are_shown_as_they_are_whatever_the_window(tmp_path: Path) -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(1, 8, 8)
    path = write_ultrasound(tmp_path / "a.dcm", grey, WindowCenter=30, WindowWidth=10)
    assert_shows(read(path), grey.astype(float))


def test_bits_above_and_below_those_stored_are_not_shown(tmp_path: Path) -> None:
    values = np.arange(16).reshape(1, 4, 4) * 16  # of 8 bits, stored in bits 4 to 11
    clutter = 0xF00F
    dataset = ultrasound_header(1, 4, 4, "MONOCHROME2")
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 8, 11
    rgb = round_trip(dataset, ((values << 4) | clutter).astype(np.uint16), ExplicitVRLittleEndian)
    assert_shows(rgb, values.astype(float))


def test_the_three_voi_functions_are_those_of_the_standard() -> None:
    values = np.arange(0, 4096, 64).reshape(1, 8, 8)
    centre, width = 1500.0, 1000.0
    expected = {
        "LINEAR": ((values - (centre - 0.5)) / (width - 1) + 0.5) * 255,
        "LINEAR_EXACT": ((values - centre) / width + 0.5) * 255,
        "SIGMOID": 255 / (1 + np.exp(-4 * (values - centre) / width)),
    }
    for function, shown in expected.items():
        dataset = ultrasound_header(1, 8, 8, "MONOCHROME2", VOILUTFunction=function)
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
        dataset.WindowCenter, dataset.WindowWidth = centre, width
        rgb = round_trip(dataset, values.astype(np.uint16), ExplicitVRLittleEndian)
        assert_shows(rgb, np.clip(shown, 0, 255))


def test_a_voi_lut_is_looked_up_before_any_window() -> None:
    item = Dataset()
    item.LUTDescriptor, item.LUTData = [4, 100, 8], [0, 10, 200, 255]
    dataset = ultrasound_header(1, 2, 3, "MONOCHROME2", VOILUTSequence=[item])
    dataset["VOILUTSequence"].value[0]["LUTDescriptor"].VR = "US"
    dataset["VOILUTSequence"].value[0]["LUTData"].VR = "US"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.WindowCenter, dataset.WindowWidth = 5, 2
    stored = np.array([[[0, 100, 101], [102, 103, 4000]]], dtype=np.uint16)
    rgb = round_trip(dataset, stored, ExplicitVRLittleEndian)
    assert_shows(rgb, np.array([[[0, 0, 10], [200, 255, 255]]], dtype=float))


@pytest.mark.parametrize("segmented", [False, True])
@pytest.mark.parametrize("sixteen", [False, True])
def test_palettes_of_8_and_16_bits_plain_and_segmented(segmented: bool, sixteen: bool) -> None:
    entries = 8
    ramp = np.arange(entries) * 30
    tables = {"Red": ramp, "Green": ramp[::-1], "Blue": np.full(entries, 7)}
    dataset = ultrasound_header(1, 2, 5, "PALETTE COLOR")
    for colour, table in tables.items():
        kind = "<u2" if sixteen else "u1"
        wide = table * 257 if sixteen else table
        if segmented:  # one discrete segment
            wide = np.concatenate([[0, entries], wide])
        data = wide.astype(kind).tobytes()
        name = f"{'Segmented' if segmented else ''}{colour}PaletteColorLookupTableData"
        setattr(dataset, name, data + b"\0" * (len(data) % 2))
        descriptor = [entries, 2, 16 if sixteen else 8]
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", descriptor)
        dataset[f"{colour}PaletteColorLookupTableDescriptor"].VR = "US"
    stored = np.array([[[0, 2, 3, 4, 5], [6, 7, 8, 9, 255]]], dtype=np.uint8)
    rgb = round_trip(dataset, stored, ExplicitVRLittleEndian)
    place = np.clip(stored.astype(int) - 2, 0, entries - 1)
    expected = np.stack([table[place] for table in tables.values()], axis=-1)
    np.testing.assert_array_equal(rgb, expected)


def test_narrow_range_colours_are_spread_over_the_whole_range() -> None:
    # black, white and mid grey of video, two pixels each
    quads = np.array([[16, 16, 128, 128], [235, 235, 128, 128], [126, 126, 128, 128]], np.uint8)
    dataset = ultrasound_header(1, 1, 6, "YBR_PARTIAL_422")
    dataset.PixelData = quads.tobytes()
    with tempfile.TemporaryDirectory() as folder:
        rgb = read(save(dataset, Path(folder) / "a.dcm"))
    np.testing.assert_array_equal(rgb[0, 0, :, 1], [0, 0, 255, 255, 128, 128])


@pytest.mark.parametrize("adobe", [None, 0, 1])
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422"])
def test_a_jpeg_says_itself_which_colours_it_holds(
    tmp_path: Path, adobe: int | None, photometric: str
) -> None:
    import io

    from PIL import Image

    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:8] = (200, 40, 90)
    coded = io.BytesIO()
    # keep_rgb stores the three planes as they are
    Image.fromarray(picture).save(coded, "JPEG", quality=95, keep_rgb=adobe == 0, subsampling=0)
    jpeg = coded.getvalue()
    if adobe is not None:  # an Adobe marker in place of the JFIF marker
        start = jpeg.find(b"\xff\xe0")
        rest = jpeg[2:] if start < 0 else jpeg[start + 2 + int.from_bytes(jpeg[4:6], "big") :]
        if (at := rest.find(b"\xff\xee")) >= 0:
            rest = rest[:at] + rest[at + 16 :]
        jpeg = b"\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\0\0\0\0" + bytes([adobe]) + rest
    path = write_encapsulated(
        tmp_path / "a.dcm", [jpeg], ultrasound_header(1, 16, 16, photometric), JPEGBaseline8Bit
    )
    assert_shows(read(path)[0], picture.astype(float), 4)


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    video = moving_bar(2, 20, 30)
    path = write_ultrasound(tmp_path / "a.dcm", video, PixelAspectRatio=["1", "2"])
    assert read(path).shape == (2, 20, 60, 3)
    facts = read_facts(path)
    assert (facts.height, facts.width) == (20, 60)
    path = write_ultrasound(tmp_path / "b.dcm", video, PixelAspectRatio=["3", "2"])
    assert read(path).shape == (2, 30, 30, 3)


def test_only_wanted_frames_are_given(tmp_path: Path) -> None:
    video = moving_bar(5, 20, 30)
    path = write_ultrasound(tmp_path / "a.dcm", video)
    some = list(open_clip(path, {1, 4}))
    assert [frame.index for frame in some] == [1, 4]
    np.testing.assert_array_equal(some[1].rgb, video[4])
    assert count_frames(path) == 5


def test_frames_are_read_one_by_one(tmp_path: Path) -> None:
    import tracemalloc

    video = np.zeros((60, 200, 300, 3), np.uint8)
    path = write_ultrasound(tmp_path / "a.dcm", video)
    list(open_clip(path, {0}))
    tracemalloc.start()
    assert sum(1 for _ in open_clip(path)) == 60
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < video.nbytes / 10

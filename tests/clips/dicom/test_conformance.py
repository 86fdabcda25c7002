"""Every file of pydicom's own test set is decoded to the right pixels or gets a sentence."""

import io
import re
import zlib
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from PIL import Image

from lusscore.clips import count_frames, is_clip, open_clip, read_facts
from lusscore.clips.dicom.decoder_process import decode_twelve_bit
from lusscore.errors import ClipError
from pixels_by_hand import assert_shows, rgb_by_hand, shown_by_hand, stored_by_hand

ROOT = Path(pydicom.__file__).parent / "data"
FILES = ROOT / "test_files"

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

# Compressed without loss: exactly what the uncompressed sibling shows.
SIBLINGS = {
    "MR_small_RLE.dcm": "MR_small.dcm",
    "MR_small_jp2klossless.dcm": "MR_small.dcm",
    "MR_small_jpeg_ls_lossless.dcm": "MR_small.dcm",
    "rtdose_rle.dcm": "rtdose.dcm",
    "rtdose_rle_1frame.dcm": "rtdose_1frame.dcm",
    "SC_rgb_small_odd_big_endian.dcm": "SC_rgb_small_odd.dcm",
    # the same JPEG codestream, decoded by DCMTK
    "SC_rgb_jpeg.dcm": "SC_rgb_jpeg_dcmd.dcm",
    "SC_jpeg_no_color_transform.dcm": "SC_rgb_jpeg_dcmd.dcm",
    "SC_jpeg_no_color_transform_2.dcm": "SC_rgb_jpeg_app14_dcmd.dcm",
}

# Ten bars of ten rows each; the number is what lossy compression may change.
BARS = [
    (255, 0, 0),
    (255, 128, 128),
    (0, 255, 0),
    (128, 255, 128),
    (0, 0, 255),
    (128, 128, 255),
    (0, 0, 0),
    (64, 64, 64),
    (192, 192, 192),
    (255, 255, 255),
]
COLOUR_BARS = {
    "SC_rgb_rle.dcm": 0,
    "SC_rgb_rle_2frame.dcm": 0,
    "SC_rgb_rle_16bit.dcm": 0,
    "SC_rgb_rle_16bit_2frame.dcm": 0,
    "SC_rgb_rle_32bit.dcm": 0,
    "SC_rgb_rle_32bit_2frame.dcm": 0,
    "SC_rgb_gdcm_KY.dcm": 0,  # JPEG 2000 lossless
    "SC_rgb_jpeg_gdcm.dcm": 0,  # JPEG lossless
    "SC_rgb_jls_lossy_line.dcm": 5,
    "SC_rgb_jls_lossy_sample.dcm": 5,
    "SC_rgb_dcmtk_+eb+cr.dcm": 1,
    "SC_rgb_dcmtk_+eb+cy+n1.dcm": 6,
    "SC_rgb_dcmtk_+eb+cy+n2.dcm": 6,
    "SC_rgb_dcmtk_+eb+cy+np.dcm": 6,
    "SC_rgb_dcmtk_+eb+cy+s2.dcm": 6,
    "SC_rgb_dcmtk_+eb+cy+s4.dcm": 6,
    "SC_rgb_jpeg_dcmtk.dcm": 6,
    "SC_rgb_jpeg_lossy_gdcm.dcm": 6,
    "SC_ybr_full_422_uncompressed.dcm": 6,
}

# Checked one by one in the tests below.
ONE_BY_ONE = [
    "693_J2KI.dcm",
    "GDCMJ2K_TextGBR.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "JPEG-lossy.dcm",
    "JPEG2000.dcm",
    "JPGExtended.dcm",
    "JPEGLSNearLossless_08.dcm",
    "JPEGLSNearLossless_16.dcm",
    "SC_rgb_jpeg_app14_dcmd.dcm",
    "SC_rgb_small_odd_jpeg.dcm",
    "examples_jpeg2k.dcm",
    "examples_palette.dcm",
    "examples_ybr_color.dcm",
    "image_dfl.dcm",
]

# Uncompressed: worked out from the bytes of the file itself.
BY_HAND_PATTERNS = (
    "charset_files/chr[AFGHR]*[!i].dcm",
    "charset_files/chr[IX]*.dcm",
    "charset_files/chrFrenMulti.dcm",
    "test_files/dicomdirtests/[79]*/*/*",
    "test_files/CT_small.dcm",
    "test_files/ExplVR_BigEnd.dcm",
    "test_files/MR_small*.dcm",
    "test_files/SC_rgb_jpeg_dcmd.dcm",
    "test_files/SC_rgb_small_odd*.dcm",
    "test_files/examples_overlay.dcm",
    "test_files/examples_rgb_color.dcm",
    "test_files/liver*1frame.dcm",
    "test_files/rtdose*.dcm",
)
SENTENCES = {
    "without a picture (RT Ion Plan Storage)": ["test_files/ExplVR_*NoMeta.dcm"],
    "without a picture (CT Image Storage)": [
        "test_files/UN_sequence.dcm",
        "test_files/dicomdirtests/TINY_ALPHA/PT*/*/*/*",
    ],
    "DICOM without a whole number as NumberOfFrames": ["test_files/badVR.dcm"],
    "(Media Storage Directory Storage)": ["test_files/dicomdirtests/**/DICOMDIR*"],
    "without a picture (of an unknown kind)": [
        "test_files/empty_charset_LEI.dcm",
        "test_files/meta_missing_tsyntax.dcm",
        "test_files/nested_priv_SQ.dcm",
    ],
    # its first byte is missing
    "is not DICOM; expected the content its name promises": ["test_files/no_meta.dcm"],
    "without a picture (RT Image Storage)": ["test_files/no_meta_group_length.dcm"],
    "without a picture (MR Image Storage)": ["test_files/priv_SQ.dcm"],
    "without a picture (Basic Text SR Storage)": ["test_files/reportsi*.dcm"],
    "without a picture (RT Plan Storage)": ["test_files/rtplan*.dcm"],
    "without a picture (RT Structure Set Storage)": ["test_files/rtstruct.dcm"],
    "without a picture (Comprehensive SR Storage)": ["test_files/test-SR.dcm"],
    "without a picture (12-lead ECG Waveform Storage)": ["test_files/waveform_ecg.dcm"],
    "without a picture (": ["charset_files/chr*Multi*.dcm", "charset_files/chrSQ*.dcm"],
    "without a picture (Color Palette Storage)": ["palettes/*.dcm"],
}
# The header is sound, so that facts can be told; the pixels are not.
BROKEN_PIXELS = {
    "test_files/JPEG2000-embedded-sequence-delimiter.dcm": "declares 256 × 1024 pixels of 1",
    "test_files/MR_truncated.dcm": "is truncated: its 1 frames take 8192 bytes but it holds 8130",
}
NO_DICOM = {".txt", ".json", ".py", ".pyc", ".md", ".icc", ".dump", ".gz"}


def names(pattern: str) -> list[str]:
    found = (file for file in ROOT.glob(pattern) if file.is_file())
    return sorted(file.relative_to(ROOT).as_posix() for file in found)


COMPRESSED = {f"test_files/{name}" for name in (*SIBLINGS, *COLOUR_BARS, *ONE_BY_ONE)}
BY_HAND = [
    name for pattern in BY_HAND_PATTERNS for name in names(pattern) if name not in COMPRESSED
]
REFUSED = [
    (name, sentence)
    for sentence, patterns in SENTENCES.items()
    for pattern in patterns
    for name in names(pattern)
    if name not in BY_HAND
]


def frames_of(path: Path) -> np.ndarray:
    return np.stack([frame.rgb for frame in open_clip(path)])


def header_of(name: str) -> pydicom.FileDataset:
    return pydicom.dcmread(FILES / name)


def fragments_of(name: str) -> list[bytes]:
    """Cut a file's encapsulated pixels at their item tags, by hand."""
    data, at, found = header_of(name).PixelData, 0, []
    while data[at : at + 4] == b"\xfe\xff\x00\xe0":
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    return found[1:]


def test_every_file_is_accounted_for() -> None:
    decoded, refused = COMPRESSED | set(BY_HAND), {name for name, _ in REFUSED} | set(BROKEN_PIXELS)
    assert not decoded & refused
    present = {
        file.relative_to(ROOT).as_posix()
        for file in ROOT.rglob("*")
        if file.is_file() and file.suffix not in NO_DICOM and file.name != "README"
    }
    assert present == decoded | refused


def test_what_is_no_dicom_is_no_clip() -> None:
    others = [file for file in ROOT.rglob("*") if file.suffix in NO_DICOM or file.name == "README"]
    assert len(others) > 10
    assert not any(is_clip(file) for file in others)


@pytest.mark.parametrize("name", BY_HAND)
def test_uncompressed_pixels_are_those_worked_out_by_hand(name: str) -> None:
    dataset = pydicom.dcmread(ROOT / name)
    stored = stored_by_hand(dataset)
    expected = stored if stored.ndim == 4 else shown_by_hand(dataset, stored)
    assert_shows(frames_of(ROOT / name), expected)


@pytest.mark.parametrize(("name", "sibling"), SIBLINGS.items())
def test_what_is_compressed_without_loss_shows_what_its_sibling_shows(
    name: str, sibling: str
) -> None:
    np.testing.assert_array_equal(frames_of(FILES / name), frames_of(FILES / sibling))


@pytest.mark.parametrize(("name", "within"), COLOUR_BARS.items())
def test_colour_bars_have_their_colours(name: str, within: int) -> None:
    frames = frames_of(FILES / name)
    bars = np.array(BARS, dtype=np.float64)
    assert_shows(frames[0, 5::10, 50][None, None], bars[None, None], within + 0.5)
    assert frames.shape == (2 if "2frame" in name else 1, 100, 100, 3)
    if len(frames) == 2:  # which is the first one inverted
        np.testing.assert_array_equal(frames[1], 255 - frames[0])


@pytest.mark.parametrize(("name", "sentence"), REFUSED)
def test_what_cannot_be_shown_gets_a_sentence(name: str, sentence: str) -> None:
    for ask in (count_frames, read_facts, lambda path: list(open_clip(path))):
        with pytest.raises(ClipError, match=re.escape(sentence)):
            ask(ROOT / name)


@pytest.mark.parametrize(("name", "sentence"), BROKEN_PIXELS.items())
def test_broken_pixels_get_a_sentence(name: str, sentence: str) -> None:
    assert read_facts(ROOT / name).kind == "DICOM"
    for ask in (count_frames, lambda path: list(open_clip(path))):
        with pytest.raises(ClipError, match=re.escape(sentence)):
            ask(ROOT / name)


def test_three_by_three_pixels_are_those_that_pydicom_documents() -> None:
    rows = [(166, 141, 52), (63, 87, 176), (158, 158, 158)]
    (exact,) = frames_of(FILES / "SC_rgb_small_odd.dcm")
    assert [tuple(row[1]) for row in exact.tolist()] == rows
    (lossy,) = frames_of(FILES / "SC_rgb_small_odd_jpeg.dcm")
    assert_shows(lossy[:, 0][None], np.array(rows, dtype=float)[None], 5)


def test_an_adobe_marker_without_transform_means_rgb() -> None:
    name = "SC_rgb_jpeg_app14_dcmd.dcm"
    (jpeg,) = fragments_of(name)
    # OpenCV decodes with libjpeg too and honours the marker by its own rules
    expected = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert_shows(frames_of(FILES / name)[0], expected.astype(float), 2)


def test_every_frame_of_a_jpeg_clip_is_the_one_that_was_encoded() -> None:
    frames = frames_of(FILES / "examples_ybr_color.dcm")
    jpegs = fragments_of("examples_ybr_color.dcm")
    assert len(frames) == len(jpegs) == 30
    for rgb, jpeg in zip(frames, jpegs, strict=True):
        expected = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
        assert_shows(rgb, expected.astype(float), 2)


def decoded_by_opencv(name: str) -> np.ndarray:
    codestream = np.frombuffer(b"".join(fragments_of(name)), np.uint8)
    return cv2.imdecode(codestream, cv2.IMREAD_UNCHANGED)


def test_jpeg_2000_in_colour_is_what_another_build_of_openjpeg_decodes() -> None:
    for name in ("examples_jpeg2k.dcm", "GDCMJ2K_TextGBR.dcm"):
        expected = decoded_by_opencv(name)[..., ::-1]
        assert_shows(frames_of(FILES / name)[0], expected.astype(float))
    # and the uncompressed file of the same picture, which somebody made smaller
    (whole,) = frames_of(FILES / "examples_jpeg2k.dcm")
    (small,) = frames_of(FILES / "examples_rgb_color.dcm")
    shrunk = np.asarray(Image.fromarray(whole).resize((320, 240), Image.Resampling.HAMMING))
    assert np.abs(shrunk.astype(int) - small).mean() < 1


def test_jpeg_2000_whose_sign_is_not_that_of_the_header_takes_the_headers() -> None:
    dataset = header_of("J2K_pixelrep_mismatch.dcm")
    unsigned = decoded_by_opencv("J2K_pixelrep_mismatch.dcm").astype(np.int64)
    assert (unsigned.max(), dataset.BitsStored, dataset.PixelRepresentation) == (8191, 13, 1)
    signed = np.where(unsigned < 4096, unsigned, unsigned - 8192)
    shown = shown_by_hand(dataset, signed)
    assert_shows(frames_of(FILES / "J2K_pixelrep_mismatch.dcm")[0], shown)


def test_jpeg_2000_deeper_than_its_header_says_is_decoded() -> None:
    codestream = b"".join(fragments_of("693_J2KI.dcm"))
    # Pillow moves signed samples up to 0–65535
    stored = np.asarray(Image.open(io.BytesIO(codestream))).astype(np.int64) - 32768
    assert (stored.min(), stored.max()) == (-2971, 2836)
    assert_shows(
        frames_of(FILES / "693_J2KI.dcm")[0], shown_by_hand(header_of("693_J2KI.dcm"), stored)
    )


def test_jpeg_of_twelve_bits_is_near_the_lossless_sibling() -> None:
    lossless = b"".join(fragments_of("JPEG2000.dcm"))
    stored = np.asarray(Image.open(io.BytesIO(lossless))).astype(np.int64) - 32768
    assert_shows(
        frames_of(FILES / "JPEG2000.dcm")[0], shown_by_hand(header_of("JPEG2000.dcm"), stored)
    )
    for name in ("JPGExtended.dcm", "JPEG-lossy.dcm"):
        path = FILES / name
        samples = decode_twelve_bit(b"".join(fragments_of(name)), *stored.shape)
        # both are lossy, so blocks of 8 × 8 are compared
        mean_of_blocks = (samples.astype(int) - stored).reshape(128, 8, 32, 8).mean(axis=(1, 3))
        assert stored.max() > 200
        assert np.abs(mean_of_blocks).mean() < 5
        assert np.corrcoef(samples.ravel(), stored.ravel())[0, 1] > 0.95
        np.testing.assert_array_equal(frames_of(path)[0, ..., 0], np.rint(samples / 4095 * 255))


def test_jpeg_ls_steps_are_near_the_powers_that_were_drawn() -> None:
    (eight,) = frames_of(FILES / "JPEGLSNearLossless_08.dcm")
    drawn = np.repeat([255, 127, 63, 31, 15, 7, 3, 1, 0], 5).astype(float)
    assert_shows(eight[:, 0][None], np.repeat(drawn[:, None], 3, axis=1)[None], 4)
    (sixteen,) = frames_of(FILES / "JPEGLSNearLossless_16.dcm")
    drawn = np.repeat([65535, 32767, 16383, 4095, 1023, 255, 63, 15, 3, 0], 5) / 257
    assert_shows(sixteen[:, 0][None], np.repeat(drawn[:, None], 3, axis=1)[None], 0.6)


def test_a_palette_is_looked_up() -> None:
    dataset = header_of("examples_palette.dcm")
    (rgb,) = frames_of(FILES / "examples_palette.dcm")
    entries, first, bits = dataset.RedPaletteColorLookupTableDescriptor
    assert (entries, first, bits) == (256, 0, 16)
    colours = ("Red", "Green", "Blue")
    luts = [
        np.frombuffer(dataset[f"{colour}PaletteColorLookupTableData"].value, "<u2")
        for colour in colours
    ]
    stored = stored_by_hand(dataset)[0]
    expected = np.stack([lut[stored] >> 8 for lut in luts], axis=-1)
    np.testing.assert_array_equal(rgb, expected)


def test_a_deflated_file_shows_what_it_inflates_to() -> None:
    dataset = header_of("image_dfl.dcm")
    data = (FILES / "image_dfl.dcm").read_bytes()
    length = int.from_bytes(data[140:144], "little")
    inflated = zlib.decompressobj(-15).decompress(data[144 + length :])
    size = dataset.Rows * dataset.Columns
    tail = inflated[inflated.rindex(b"\xe0\x7f\x10\x00") + 12 :][:size]
    stored = np.frombuffer(tail, np.uint8).reshape(dataset.Rows, dataset.Columns)
    assert dataset.BitsStored == 8
    assert_shows(frames_of(FILES / "image_dfl.dcm")[0], stored.astype(float))


def test_full_colours_at_half_resolution_are_worked_out_by_hand() -> None:
    dataset = header_of("SC_ybr_full_422_uncompressed.dcm")
    pairs = np.frombuffer(dataset.PixelData, np.uint8).reshape(100, 50, 4)
    ybr = np.empty((100, 100, 3), np.uint8)
    ybr[:, 0::2, 0], ybr[:, 1::2, 0] = pairs[..., 0], pairs[..., 1]
    for half in (0, 1):
        ybr[:, half::2, 1:] = pairs[..., 2:]
    assert_shows(frames_of(FILES / "SC_ybr_full_422_uncompressed.dcm")[0], rgb_by_hand(ybr), 1.01)

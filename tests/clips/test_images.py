import io
import math
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lusscore.clips import count_frames, open_clip, read_facts
from lusscore.errors import ClipError


def save(path: Path, image: Image.Image) -> Path:
    image.save(path)
    return path


def first(path: Path) -> np.ndarray:
    (frame,) = open_clip(path)
    assert frame.index == 0
    assert math.isnan(frame.time)
    return frame.rgb


def encoded(pixels: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
DEEP = (np.arange(4, dtype=np.uint16).reshape(2, 2) + 1) << 12
CLEAR = np.full((2, 2, 4), 200, np.uint8)
CLEAR[0, :, 3], CLEAR[1, :, 3] = 0, 255
RED = Image.new("RGB", (4, 4), (255, 0, 0))
PINK = Image.new("RGB", (16, 16), (200, 40, 90))


@pytest.mark.parametrize(
    ("suffix", "image", "expected"),
    [
        ("png", Image.fromarray(GREY), GREY[..., None]),
        ("png", Image.fromarray(CLEAR), [[[0]], [[200]]]),  # over black
        ("png", RED.convert("P", palette=Image.Palette.ADAPTIVE), [255, 0, 0]),
        ("png", Image.fromarray(DEEP), DEEP[..., None] >> 8),
        ("jpg", PINK.convert("CMYK"), [200, 40, 90]),
    ],
    ids=["grey", "transparent", "palette", "sixteen bits", "cmyk"],
)
def test_every_mode_becomes_rgb(
    tmp_path: Path, suffix: str, image: Image.Image, expected: np.ndarray
) -> None:
    rgb = first(save(tmp_path / f"a.{suffix}", image))
    assert rgb.shape == (image.height, image.width, 3)
    within = 6 if suffix == "jpg" else 0
    np.testing.assert_allclose(rgb.astype(int), np.broadcast_to(expected, rgb.shape), atol=within)


NOISE = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.png", b"hello", "is not an image"),
        ("a.png", encoded(NOISE, "png")[:2000], "cannot be read as an image"),
        ("a.tif", encoded(np.ones((4, 4), np.float32), "tiff"), "floating-point values"),
        ("folder/notes.txt", b"hello", "holds no images; expected files ending in"),
    ],
)
def test_what_is_no_image_gets_a_sentence(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(ClipError, match=sentence):
        count_frames(tmp_path / name.split("/")[0])


def test_a_folder_is_a_clip_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        save(tmp_path / f"frame{number}.png", Image.new("L", (4, 4), number))
    (tmp_path / "notes.txt").write_text("not an image")
    frames = list(open_clip(tmp_path))
    assert [int(frame.rgb[0, 0, 0]) for frame in frames] == [1, 2, 10]
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert count_frames(tmp_path) == 3
    assert [frame.index for frame in open_clip(tmp_path, {2})] == [2]


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_moving_image_has_all_its_frames_and_times(tmp_path: Path, suffix: str) -> None:
    stills = [Image.new("RGB", (20, 16), (80 * number, 0, 9)) for number in range(3)]
    path = tmp_path / f"a.{suffix}"
    stills[0].save(
        path, save_all=True, append_images=stills[1:], duration=[50, 100, 30], lossless=True
    )
    frames = list(open_clip(path))
    assert [frame.index for frame in frames] == [0, 1, 2]
    np.testing.assert_allclose([frame.time for frame in frames], [0, 0.05, 0.15])
    for frame, still in zip(frames, stills, strict=True):
        np.testing.assert_array_equal(frame.rgb, np.asarray(still))
    assert count_frames(path) == 3
    assert read_facts(path).frame_rate == pytest.approx(20)
    some = list(open_clip(path, {2}))
    np.testing.assert_array_equal(some[0].rgb, frames[2].rgb)
    assert some[0].time == pytest.approx(0.15)


def test_a_tiff_of_several_pages_has_a_frame_each_without_a_clock(tmp_path: Path) -> None:
    pages = [Image.new("L", (20, 16), 80 * number) for number in range(3)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    frames = list(open_clip(tmp_path / "a.tif"))
    assert [int(frame.rgb[0, 0, 0]) for frame in frames] == [0, 80, 160]
    assert all(math.isnan(frame.time) for frame in frames)
    assert [frame.index for frame in open_clip(tmp_path / "a.tif", {1})] == [1]
    assert math.isnan(read_facts(tmp_path / "a.tif").frame_rate)


def test_a_reduced_copy_within_a_tiff_is_no_frame(tmp_path: Path) -> None:
    full, small = Image.new("L", (20, 16), 200), Image.new("L", (5, 4), 200)
    small.encoderinfo = {"tiffinfo": {254: 1}}
    full.save(tmp_path / "a.tif", save_all=True, append_images=[small])
    with Image.open(tmp_path / "a.tif") as written:
        written.seek(1)
        assert written.tag_v2[254] == 1
    assert count_frames(tmp_path / "a.tif") == 1


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_still_is_turned_as_its_orientation_asks(
    tmp_path: Path, orientation: int, suffix: str
) -> None:
    # where row 0 and column 0 of the stored picture are seen: Exif 2.3, tag 274
    corners = ("upper left", "upper right", "lower right", "lower left")
    down, across = corners[(orientation - 1) % 4].split()
    picture = np.zeros((32, 64, 3), np.uint8)
    picture[:16, :32] = 255
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(picture).save(path, exif=exif)
    (frame,) = open_clip(path)
    facts = read_facts(path)
    size = (64, 32) if orientation > 4 else (32, 64)
    assert frame.rgb.shape[:2] == (facts.height, facts.width) == size
    rows = slice(0, size[0] // 2) if down == "upper" else slice(size[0] // 2, None)
    columns = slice(0, size[1] // 2) if across == "left" else slice(size[1] // 2, None)
    assert frame.rgb[rows, columns].mean() > 240
    assert frame.rgb.mean() == pytest.approx(255 / 4, abs=3)


@pytest.mark.parametrize("suffix", ["jpg", "bmp", "webp", "tif"])
def test_facts_are_read_without_the_pixels(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"a.{suffix}", Image.fromarray(NOISE))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 1000] = bytes(1000)
    path.write_bytes(data)
    assert (read_facts(path).height, read_facts(path).width) == (64, 64)


def test_what_a_png_says_after_its_pixels_is_read_too(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.new("RGB", (8, 8)))
    body = b"tEXt" + b"Author\0Doe, Jane"
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    data = path.read_bytes()
    end = data.index(b"IEND") - 4
    path.write_bytes(data[:end] + chunk + data[end:])
    assert read_facts(path).identifiers == ("Author",)


def test_metadata_that_people_write_is_named_and_never_quoted(tmp_path: Path) -> None:
    picture = Image.new("RGB", (8, 8))
    text = PngInfo()
    text.add_text("Title", "Doe, Jane")
    picture.save(tmp_path / "a.png", pnginfo=text, dpi=(72, 72))
    exif = Image.Exif()
    exif[0x013B], exif[0x0132], exif[274] = "Grey, Meredith", "2026:01:01 00:00:00", 1
    exif.get_ifd(0x8825)[1] = "N"
    picture.save(tmp_path / "b.jpg", exif=exif, comment="bed 4")
    assert read_facts(tmp_path / "a.png").identifiers == ("Title",)
    facts = read_facts(tmp_path / "b.jpg")
    assert facts.identifiers == ("Artist", "DateTime", "GPSInfo", "comment")
    assert "Grey" not in repr(facts)
    for suffix in ("jpg", "tif", "webp", "bmp"):
        assert read_facts(save(tmp_path / f"c.{suffix}", picture)).identifiers == ()


def test_a_folder_does_not_hide_the_pages_of_its_files(tmp_path: Path) -> None:
    pages = [Image.new("L", (20, 16), number) for number in range(3)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(
        ClipError,
        match=r"a\.tif: image 1 of 1: the image has several pages, but in a folder each file",
    ):
        count_frames(tmp_path)


def test_a_file_of_reduced_pages_alone_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    pages = [Image.new("L", (20, 20), 40 * number) for number in range(2)]
    pages[0].save(path, save_all=True, append_images=pages[1:], tiffinfo={254: 1})
    with pytest.raises(ClipError, match=r"a\.tif: the clip holds no frames"):
        list(open_clip(path))


def test_a_name_in_any_image_of_a_folder_is_told(tmp_path: Path) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "1.png")
    said = PngInfo()
    said.add_text("PatientName", "nobody")
    Image.new("L", (4, 4)).save(tmp_path / "2.png", pnginfo=said)
    assert read_facts(tmp_path).identifiers == ("PatientName",)

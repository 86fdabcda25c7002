from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clip_maker import write_gif
from lusscore.clips import open_clip
from lusscore.errors import ClipError
from lusscore.privacy.pictures import (
    anything_to_blank,
    blanked,
    copy_images,
    kept_pixels,
    verify_lossless,
)
from lusscore.sector import Box, Sector, sector_mask, text_mask
from privacy.planted import HEIGHT, PEOPLE, WIDTH, fan_clip, seen, write_images

SIDES = st.integers(2, 30)


@st.composite
def sectors(draw: st.DrawFn) -> Sector:
    height, width = draw(SIDES), draw(SIDES)
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left, width - 1)), draw(st.integers(top, height - 1))
    outline = ((left, top), (right, top), (right, bottom), (left, bottom))
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    text = draw(st.sampled_from([(), (Box(x, y, x + 3, y + 2),)]))
    return Sector(height, width, draw(st.sampled_from(["motion", "whole"])), outline, text)


@given(sectors())
def test_the_sector_stays_but_for_text_and_nothing_two_pixels_outside(sector: Sector) -> None:
    keep = kept_pixels(sector)
    inside, text = sector_mask(sector), text_mask(sector)
    assert keep.shape == inside.shape
    assert not (keep & text).any()
    if sector.source == "whole":
        inside = np.ones_like(inside)
    if not sector.text:
        assert keep[inside].all()
    rows, columns = np.nonzero(keep)
    near = np.pad(inside, 1)
    for row, column in zip(rows, columns, strict=True):
        assert near[row : row + 3, column : column + 3].any()


@given(sectors())
def test_colour_squares_stay_or_go_as_one(sector: Sector) -> None:
    keep = kept_pixels(sector)
    even = keep[: keep.shape[0] // 2 * 2, : keep.shape[1] // 2 * 2]
    squares = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2)
    assert (squares.all(axis=(1, 3)) == squares.any(axis=(1, 3))).all()


def test_the_next_letter_to_either_side_of_a_text_goes_with_it() -> None:
    text = (Box(40, 20, 60, 30), Box(0, 0, 3, 4))
    sector = Sector(160, 100, "whole", ((0, 0), (100, 0), (100, 160), (0, 160)), text)
    gone = np.zeros((160, 100), bool)
    gone[18:32, 30:70] = True
    gone[0:6, 0:10] = True
    assert (kept_pixels(sector) == ~gone).all()


def image(path: Path, *shape: int, value: int = 90) -> Path:
    Image.fromarray(np.full((*shape, 3), value, np.uint8)).save(path)
    return path


def test_black_outside_and_untouched_inside(tmp_path: Path) -> None:
    keep = np.zeros((6, 8), bool)
    keep[2:4, 2:6] = True
    clip = image(tmp_path / "a.png", 6, 8)
    (frame,) = blanked(clip, keep)
    assert (frame.rgb[keep] == 90).all()
    assert not frame.rgb[~keep].any()
    (original,) = open_clip(clip)
    assert (original.rgb == 90).all()


@pytest.mark.parametrize(("value", "needed"), [(0, False), (8, False), (9, True), (255, True)])
def test_what_is_black_already_needs_no_blanking(tmp_path: Path, value: int, needed: bool) -> None:
    clip = image(tmp_path / "a.png", 4, 4, value=value)
    keep = np.zeros((4, 4), bool)
    assert anything_to_blank(clip, keep) is needed
    assert not anything_to_blank(clip, ~keep)


def test_frames_of_two_sizes_get_a_sentence_and_count_as_to_be_blanked(tmp_path: Path) -> None:
    image(tmp_path / "1.png", 4, 4, value=0)
    image(tmp_path / "2.png", 4, 6, value=0)
    with pytest.raises(ClipError, match="holds frames of more than one size"):
        list(blanked(tmp_path, np.ones((4, 4), bool)))
    assert anything_to_blank(tmp_path, np.zeros((4, 4), bool))


SHOWN = np.zeros((10, 12), bool)
SHOWN[3:6, 4:9] = True


def gif(
    path: Path, frames: int = 4, *, at: tuple[int, int] = (0, 0), value: int = 0, step: int = 80
) -> Path:
    """Frames that are grey where SHOWN is set, one pixel of the last of them of another value."""
    video = [np.where(SHOWN, 100 + number, 0).astype(np.uint8) for number in range(frames)]
    video[-1][at] = value
    return write_gif(path, np.stack(video), duration=step)


def test_a_copy_that_is_as_the_clip_outside_and_in(tmp_path: Path) -> None:
    clip, copy = gif(tmp_path / "a.gif"), gif(tmp_path / "b.gif")
    assert verify_lossless(clip, copy, None)
    assert verify_lossless(clip, copy, SHOWN)


def test_what_the_copy_must_not_show(tmp_path: Path) -> None:
    clip = gif(tmp_path / "a.gif", value=200)
    copy = gif(tmp_path / "b.gif")
    assert verify_lossless(clip, copy, SHOWN)
    assert not verify_lossless(clip, copy, None)
    assert not verify_lossless(clip, clip, SHOWN)


@pytest.mark.parametrize(
    "different",
    [{"frames": 3}, {"frames": 5}, {"at": (4, 5), "value": 99}, {"value": 1}, {"step": 90}],
)
def test_a_copy_that_differs_in_anything(tmp_path: Path, different: dict[str, int]) -> None:
    clip, copy = gif(tmp_path / "a.gif"), gif(tmp_path / "b.gif", **different)  # type: ignore[arg-type]
    assert not verify_lossless(clip, copy, SHOWN)


def test_a_copy_that_cannot_be_read_is_no_copy_but_a_clip_that_cannot_is_an_error(
    tmp_path: Path,
) -> None:
    clip = gif(tmp_path / "a.gif")
    (tmp_path / "b.gif").write_bytes(clip.read_bytes()[:40])
    assert not verify_lossless(clip, tmp_path / "b.gif", SHOWN)
    with pytest.raises(ClipError):
        verify_lossless(tmp_path / "b.gif", clip, SHOWN)


KEEP = np.zeros((HEIGHT, WIDTH), bool)
KEEP[20:90, 10:120] = True


def test_a_folder_becomes_numbered_pngs_in_the_order_of_its_frames(tmp_path: Path) -> None:
    clip = tmp_path / "Quistgaard"
    clip.mkdir()
    write_images(clip, fan_clip(0, "Ottilie", frames=12), PEOPLE[0])
    copy = tmp_path / "out" / "C-1"
    copy.parent.mkdir()
    copy_images(clip, copy, KEEP)
    assert [path.name for path in sorted(copy.iterdir())][::11] == ["000000.png", "000011.png"]
    for before, after in zip(open_clip(clip), open_clip(copy), strict=True):
        assert (after.rgb == np.where(KEEP[..., None], before.rgb, 0)).all()
    assert seen(copy.parent, [*PEOPLE[0].strings, "Klaproth", "WARD-SEVENTEEN"]) == []
    for path in copy.iterdir():
        with Image.open(path) as image:
            assert not image.info
            assert not image.getexif()
            assert image.format == "PNG"


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA", "LA", "I;16"])
def test_an_image_of_any_kind_shows_what_it_showed(tmp_path: Path, mode: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH), np.uint8)
    image = Image.fromarray(pixels)
    if mode == "I;16":
        image = Image.fromarray(pixels.astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    image.save(tmp_path / "a.png")
    copy_images(tmp_path / "a.png", tmp_path / "C.png", KEEP)
    (before,), (after,) = open_clip(tmp_path / "a.png"), open_clip(tmp_path / "C.png")
    assert (after.rgb[KEEP] == before.rgb[KEEP]).all()
    assert not after.rgb[~KEEP].any()
    with Image.open(tmp_path / "C.png") as written:
        assert written.mode == "L"


def test_colour_stays(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.bmp")
    copy_images(tmp_path / "a.bmp", tmp_path / "C.png", KEEP)
    (after,) = open_clip(tmp_path / "C.png")
    assert (after.rgb[KEEP] == pixels[KEEP]).all()


def test_an_image_lying_on_its_side_is_copied_as_it_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    (shown,) = open_clip(tmp_path / "a.png")
    copy_images(tmp_path / "a.png", tmp_path / "C.png", np.ones(shown.rgb.shape[:2], bool))
    (after,) = open_clip(tmp_path / "C.png")
    assert (after.rgb == shown.rgb).all()
    with Image.open(tmp_path / "C.png") as written:
        assert not written.getexif()

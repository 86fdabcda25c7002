from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lusscore.clips import open_clip
from lusscore.privacy.image_copy import copy_image, copy_images
from privacy.planted import HEIGHT, PEOPLE, WIDTH, fan_clip, seen, write_images

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
    copy_image(tmp_path / "a.png", tmp_path / "C.png", KEEP)
    (before,), (after,) = open_clip(tmp_path / "a.png"), open_clip(tmp_path / "C.png")
    assert (after.rgb[KEEP] == before.rgb[KEEP]).all()
    assert not after.rgb[~KEEP].any()
    with Image.open(tmp_path / "C.png") as written:
        assert written.mode == "L"


def test_colour_stays(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.bmp")
    copy_image(tmp_path / "a.bmp", tmp_path / "C.png", KEEP)
    (after,) = open_clip(tmp_path / "C.png")
    assert (after.rgb[KEEP] == pixels[KEEP]).all()


def test_an_image_lying_on_its_side_is_copied_as_it_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    (shown,) = open_clip(tmp_path / "a.png")
    copy_image(tmp_path / "a.png", tmp_path / "C.png", np.ones(shown.rgb.shape[:2], bool))
    (after,) = open_clip(tmp_path / "C.png")
    assert (after.rgb == shown.rgb).all()
    with Image.open(tmp_path / "C.png") as written:
        assert not written.getexif()

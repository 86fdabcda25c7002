import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lusscore.clips import count_frames, open_clip
from lusscore.errors import ClipError


def save(path: Path, image: Image.Image) -> Path:
    image.save(path)
    return path


def first(path: Path) -> np.ndarray:
    (frame,) = open_clip(path)
    assert frame.index == 0
    assert math.isnan(frame.time)
    return frame.rgb


def test_a_greyscale_image_is_repeated_over_three_channels(tmp_path: Path) -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    rgb = first(save(tmp_path / "grey.png", Image.fromarray(grey)))
    assert rgb.shape == (3, 4, 3)
    for channel in range(3):
        np.testing.assert_array_equal(rgb[..., channel], grey)


def test_transparency_is_laid_over_black(tmp_path: Path) -> None:
    rgba = np.full((2, 2, 4), 200, dtype=np.uint8)
    rgba[0, :, 3], rgba[1, :, 3] = 0, 255
    rgb = first(save(tmp_path / "rgba.png", Image.fromarray(rgba)))
    assert rgb[0].max() == 0
    assert (rgb[1] == 200).all()


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    red = Image.new("RGB", (4, 4), (255, 0, 0)).convert("P", palette=Image.Palette.ADAPTIVE)
    np.testing.assert_array_equal(first(save(tmp_path / "p.png", red))[0, 0], [255, 0, 0])


def test_sixteen_bits_keep_the_upper_eight(tmp_path: Path) -> None:
    deep = (np.arange(4, dtype=np.uint16).reshape(2, 2) + 1) << 12
    rgb = first(save(tmp_path / "deep.png", Image.fromarray(deep)))
    np.testing.assert_array_equal(rgb[..., 0], (deep >> 8).astype(np.uint8))


def test_a_folder_is_a_clip_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        save(tmp_path / f"frame{number}.png", Image.new("L", (4, 4), number))
    (tmp_path / "notes.txt").write_text("not an image")
    frames = list(open_clip(tmp_path))
    assert [int(frame.rgb[0, 0, 0]) for frame in frames] == [1, 2, 10]
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert count_frames(tmp_path) == 3
    assert [frame.index for frame in open_clip(tmp_path, {2})] == [2]


def test_a_folder_without_images_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="holds no images; expected files ending in"):
        list(open_clip(tmp_path))


def test_text_named_png_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(ClipError, match="is not an image"):
        count_frames(tmp_path / "a.png")


def test_a_truncated_image_gets_a_sentence(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = save(tmp_path / "a.png", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ClipError, match="cannot be read as an image"):
        list(open_clip(path))

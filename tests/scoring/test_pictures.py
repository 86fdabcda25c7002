from __future__ import annotations

import io

import numpy as np
from PIL import Image

from lusscore.scoring.pictures import LONGEST_SIDE, MOST_PICTURES, PictureTaker
from lusscore.sector import Sector

SECTOR = Sector(60, 80, "motion", ((10, 5), (70, 5), (40, 55)))


def frames(count: int, height: int = 60, width: int = 80) -> list[np.ndarray]:
    return [np.full((height, width, 3), 2 * number % 256, np.uint8) for number in range(count)]


def test_every_frame_is_kept_as_it_looks() -> None:
    taker = PictureTaker(9)
    taker.add(frames(9)[:4])
    taker.add(frames(9)[4:])
    pictures = taker.take(SECTOR, "none", (32, 32))
    assert pictures.rows.tolist() == list(range(9))
    for number, jpeg in enumerate(pictures.jpegs):
        image = np.asarray(Image.open(io.BytesIO(jpeg)))
        assert image.shape == (60, 80, 3) == (pictures.height, pictures.width, 3)
        assert abs(image.mean() - 2 * number) < 2


def test_colours_are_not_exchanged() -> None:
    red = np.zeros((40, 40, 3), np.uint8)
    red[..., 0] = 200
    taker = PictureTaker(1)
    taker.add([red])
    image = np.asarray(Image.open(io.BytesIO(taker.take(None, "none", (8, 8)).jpegs[0])))
    assert image[..., 0].mean() > 150 > image[..., 2].mean()


def test_of_a_long_clip_some_are_kept_and_say_which() -> None:
    taker = PictureTaker(1000)
    taker.add(frames(1000, 8, 8))
    pictures = taker.take(None, "none", (32, 32))
    assert len(pictures.jpegs) == len(pictures.rows) == MOST_PICTURES
    assert pictures.rows[0] == 0
    assert pictures.rows[-1] == 999
    assert np.all(np.diff(pictures.rows) > 0)


def test_large_frames_are_made_smaller_and_keep_their_shape() -> None:
    taker = PictureTaker(1)
    taker.add(frames(1, 900, 1200))
    pictures = taker.take(None, "none", (32, 32))
    assert (pictures.width, pictures.height) == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)
    left, top, right, bottom = pictures.window
    assert (left, right) == (0, 1)
    assert bottom - top == 0.75


def test_a_sector_that_was_not_found_has_no_outline() -> None:
    taker = PictureTaker(1)
    taker.add(frames(1))
    assert taker.take(SECTOR, "none", (8, 8)).outline[0] == (10 / 80, 5 / 60)
    whole = Sector(60, 80, "whole", SECTOR.outline)
    assert taker.take(whole, "none", (8, 8)).outline == ()

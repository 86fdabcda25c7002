from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lusscore.features import letterbox
from lusscore.scoring.pictures import (
    LONGEST_SIDE,
    MOST_PICTURES,
    PictureTaker,
    inside_sector,
    letterbox_window,
    outline_fractions,
)
from lusscore.sector import Sector, show_sector

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


SIDES = st.integers(3, 90)


@given(SIDES, SIDES, st.tuples(SIDES, SIDES))
def test_the_window_is_where_the_letterbox_puts_the_image(
    height: int, width: int, size: tuple[int, int]
) -> None:
    seen = np.asarray(letterbox(Image.new("RGB", (width, height), "white"), size))[..., 0] > 0
    rows, columns = np.nonzero(seen)
    left, top, right, bottom = letterbox_window(height, width, size)
    assert (columns.min(), rows.min()) == (round(left * size[1]), round(top * size[0]))
    assert (columns.max() + 1, rows.max() + 1) == (round(right * size[1]), round(bottom * size[0]))


def square(policy_width: int = 100) -> Sector:
    return Sector(80, policy_width, "motion", ((20, 10), (60, 10), (60, 50), (20, 50)))


def test_cells_of_a_square_sector_that_fills_the_crop_lie_inside() -> None:
    inside = inside_sector(square(), "sector", (64, 64), (8, 8))
    np.testing.assert_allclose(inside, 1)


def test_cells_of_the_whole_image_lie_inside_by_their_share() -> None:
    inside = inside_sector(square(80), "none", (80, 80), (8, 8))
    assert inside.shape == (8, 8)
    assert inside.sum() * 100 == pytest.approx(41 * 41, rel=0.01)
    assert inside[0].max() == 0
    assert inside[2, 3] == 1


def test_black_bars_of_the_letterbox_lie_outside() -> None:
    wide = Sector(40, 80, "motion", ((0, 0), (79, 0), (79, 39), (0, 39)))
    inside = inside_sector(wide, "sector", (64, 64), (8, 8))
    np.testing.assert_allclose(inside[2:6], 1)
    np.testing.assert_allclose(inside[[0, 1, 6, 7]], 0)


@pytest.mark.parametrize("policy", ["none", "sector"])
def test_the_outline_lies_on_what_is_shown(policy: str) -> None:
    sector = Sector(100, 120, "motion", ((60, 10), (110, 80), (20, 90)))
    frame = np.full((100, 120, 3), 200, np.uint8)
    shown = show_sector(frame, sector, policy)
    corners = outline_fractions(sector, policy)
    assert len(corners) == 3
    for (x, y), (across, down) in zip(sector.outline, corners, strict=True):
        row, column = down * shown.shape[0], across * shown.shape[1]
        assert shown[min(int(row), len(shown) - 1), min(int(column), shown.shape[1] - 1)].all()
        if policy == "none":
            assert (column, row) == (pytest.approx(x), pytest.approx(y))

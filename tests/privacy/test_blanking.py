from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lusscore.clips import open_clip
from lusscore.errors import ClipError
from lusscore.privacy.blanking import anything_to_blank, blanked, kept_pixels
from lusscore.sector import Box, Sector, sector_mask, text_mask

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

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lusscore.features import letterbox
from lusscore.scoring.window import inside_sector, letterbox_window, outline_fractions
from lusscore.sector import Sector
from lusscore.sector.show import show_sector

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

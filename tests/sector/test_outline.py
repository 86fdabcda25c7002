import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lusscore.sector.outline import add_still_tissue, find_outline, find_part, visible
from sector_maker import fan_clip, fan_mask


def filled(outline: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    image = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(image, outline, 1)
    return image > 0


def test_what_moves_is_bright_at_some_time_and_changes() -> None:
    dark = np.array([[0, 40, 200, 3]], np.uint8)
    bright = np.array([[3, 90, 200, 9]], np.uint8)
    assert visible(dark, bright, moving=True).tolist() == [[False, True, False, True]]
    assert visible(dark, bright, moving=False).tolist() == [[False, True, True, True]]


def test_the_hull_of_a_fan_holds_the_fan_and_little_else() -> None:
    clip = fan_clip(10)[..., 0]
    outline = find_outline(find_part(visible(clip.min(axis=0), clip.max(axis=0), moving=True)))
    assert outline is not None
    inside, fan = filled(outline, clip.shape[1:]), fan_mask(*clip.shape[1:])
    assert (inside & fan).sum() > 0.99 * fan.sum()
    hull = filled(cv2.convexHull(np.argwhere(fan)[:, ::-1].astype(np.int32))[:, 0], fan.shape)
    assert (inside & ~hull).sum() < 0.01 * hull.sum()


def test_small_parts_elsewhere_such_as_a_clock_are_left_out() -> None:
    shown = np.zeros((200, 200), bool)
    shown[20:150, 30:150] = True
    shown[185:195, 180:198] = True
    outline = find_outline(find_part(shown))
    assert outline is not None
    assert outline.max(axis=0).tolist() == [149, 149]


def test_a_large_part_beyond_a_dark_gap_belongs_to_it() -> None:
    shown = np.zeros((200, 200), bool)
    shown[20:80, 30:150] = True
    shown[130:160, 60:100] = True
    outline = find_outline(find_part(shown))
    assert outline is not None
    assert outline[:, 1].max() == 159


def test_next_to_nothing_is_no_sector() -> None:
    shown = np.zeros((100, 100), bool)
    assert find_outline(find_part(shown)) is None
    shown[:10, :10] = True
    assert find_outline(find_part(shown)) is None


def screen() -> tuple[np.ndarray, np.ndarray]:
    """What moves, and a picture with a still chest wall, a word and an even grey ground."""
    rng = np.random.default_rng(0)
    moving = np.zeros((200, 200), bool)
    moving[60:180, 40:160] = True
    picture = np.full((200, 200), 30, np.uint8)
    picture[20:180, 40:160] = rng.integers(20, 200, (160, 120))
    picture[100:108, 164:190] = rng.integers(20, 200, (8, 26))
    return moving, picture


def test_still_tissue_along_what_moves_is_added_and_the_screen_around_is_not() -> None:
    moving, picture = screen()
    part = add_still_tissue(moving, picture, np.ones_like(moving))
    assert part[30:60, 45:155].mean() > 0.95
    assert not part[:16].any()
    assert not part[:, 162:].any()
    assert not part[184:].any()


def test_still_tissue_is_added_only_where_it_is_allowed() -> None:
    moving, picture = screen()
    allowed = np.zeros_like(moving)
    allowed[45:, :] = True
    part = add_still_tissue(moving, picture, allowed)
    assert not part[:45].any()
    assert part[47:60, 45:155].mean() > 0.9


@given(st.integers(40, 80), st.integers(40, 80), st.integers(0, 40), st.integers(0, 40))
def test_a_rectangle_is_found_as_it_is(height: int, width: int, top: int, left: int) -> None:
    shown = np.zeros((140, 140), bool)
    shown[top : top + height, left : left + width] = True
    outline = find_outline(find_part(shown))
    assert outline is not None
    np.testing.assert_array_equal(filled(outline, shown.shape), shown)

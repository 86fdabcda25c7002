import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.errors import ClipError
from lusscore.sector import (
    CONTRAST_POLICIES,
    SECTOR_POLICIES,
    Box,
    Sector,
    change_contrast,
    sector_mask,
    show_sector,
    text_mask,
)
from sector_maker import fan_clip, fan_mask, write_text

OUTLINE = ((20, 10), (80, 10), (95, 60), (5, 60))
SECTOR = Sector(70, 100, "motion", OUTLINE, (Box(40, 30, 60, 40), Box(0, 0, 10, 5)))
FAN = fan_mask(240, 320)


def frame(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 255, (70, 100, 3)).astype(np.uint8)


def test_none_shows_the_frame_itself() -> None:
    image = frame()
    assert show_sector(image, SECTOR, "none") is image


def test_outside_the_sector_nothing_is_seen() -> None:
    one, two = frame(1), frame(2)
    inside = sector_mask(SECTOR)
    two[inside] = one[inside]
    for policy in ("sector", "sector-no-text"):
        np.testing.assert_array_equal(
            show_sector(one, SECTOR, policy), show_sector(two, SECTOR, policy)
        )


def test_the_sector_is_cropped_and_kept_as_it_is() -> None:
    image = frame()
    shown = show_sector(image, SECTOR, "sector")
    assert shown.shape == (51, 91, 3)
    inside = sector_mask(SECTOR)[10:61, 5:96]
    np.testing.assert_array_equal(shown[inside], image[10:61, 5:96][inside])
    assert not shown[~inside].any()


def test_without_text_nothing_of_the_text_is_seen() -> None:
    one, two = frame(1), frame(2)
    same = ~text_mask(SECTOR)
    two[same] = one[same]
    np.testing.assert_array_equal(
        show_sector(one, SECTOR, "sector-no-text"), show_sector(two, SECTOR, "sector-no-text")
    )
    assert (show_sector(one, SECTOR, "sector") != show_sector(two, SECTOR, "sector")).any()


def test_beside_the_text_nothing_is_changed() -> None:
    image = frame()
    shown = show_sector(image, SECTOR, "sector-no-text")
    kept = (sector_mask(SECTOR) & ~text_mask(SECTOR))[10:61, 5:96]
    np.testing.assert_array_equal(shown[kept], image[10:61, 5:96][kept])


def test_the_frame_given_is_left_as_it_is() -> None:
    image = write_text(fan_clip(1), "L3", 150, 150)[0]
    before = image.copy()
    sector = Sector(240, 320, "motion", ((0, 0), (319, 0), (319, 239)), (Box(140, 130, 190, 160),))
    for policy in SECTOR_POLICIES:
        show_sector(image, sector, policy)
    np.testing.assert_array_equal(image, before)


def test_a_frame_of_another_size_is_refused_unless_all_is_shown() -> None:
    other = np.ones((7, 9, 3), np.uint8)
    assert show_sector(other, SECTOR, "none") is other
    for policy in ("sector", "sector-no-text"):
        with pytest.raises(ClipError, match="9 × 7 pixels but the first one 100 × 70"):
            show_sector(other, SECTOR, policy)


@pytest.mark.parametrize(
    "boxes",
    [
        (Box(40, 30, 60, 40),),
        (Box(0, 0, 10, 5), Box(90, 55, 100, 70)),
        (Box(20, 12, 35, 20), Box(60, 45, 80, 55), Box(5, 55, 20, 65)),
    ],
)
def test_text_is_painted_over_as_if_the_whole_frame_were_looked_at(boxes: tuple[Box, ...]) -> None:
    sector = Sector(70, 100, "motion", OUTLINE, boxes)
    image = frame()
    written = text_mask(sector) & sector_mask(sector)
    whole = cv2.inpaint(image, written.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    inside = sector_mask(sector)[10:61, 5:96]
    shown = show_sector(image, sector, "sector-no-text")
    np.testing.assert_array_equal(shown, whole[10:61, 5:96] * inside[..., None])


def test_masks_cannot_be_written_into() -> None:
    with pytest.raises(ValueError, match="read-only"):
        sector_mask(SECTOR)[0, 0] = True


def scan(gain: int = 110, offset: int = 0, seed: int = 0) -> np.ndarray:
    luma = fan_clip(1, gain=gain, seed=seed)[0].astype(int) + offset
    return (np.clip(luma, 0, 255) * FAN[..., None]).astype(np.uint8)


@pytest.mark.parametrize("policy", CONTRAST_POLICIES)
def test_the_frame_given_is_left_as_it_is_and_outside_is_black(policy: str) -> None:
    image = scan()
    before = image.copy()
    changed = change_contrast(image, FAN, policy)
    np.testing.assert_array_equal(image, before)
    assert changed.shape == image.shape
    assert not changed[~FAN].any()
    assert (changed is image) == (policy == "none")


def test_stretching_uses_the_whole_range_inside_the_sector() -> None:
    changed = change_contrast(scan(40, 30), FAN, "stretch")[FAN]
    assert np.percentile(changed, 1) <= 1
    assert np.percentile(changed, 99) >= 254


@given(st.sampled_from([30, 45, 60, 80]), st.integers(0, 60))
def test_gain_and_offset_make_no_difference_after_stretching(gain: int, offset: int) -> None:
    usual = change_contrast(scan(90), FAN, "stretch").astype(int)
    other = change_contrast(scan(gain, offset), FAN, "stretch").astype(int)
    assert np.abs(usual - other)[FAN].mean() < 8


def test_what_is_outside_the_sector_changes_nothing_inside() -> None:
    bright = scan()
    bright[~FAN] = 255
    for policy in ("stretch", "clahe"):
        np.testing.assert_array_equal(
            change_contrast(bright, FAN, policy), change_contrast(scan(), FAN, policy)
        )


def test_equalising_brings_out_the_dark_half() -> None:
    image = scan(60)
    image[130:] //= 6
    deep = FAN.copy()
    deep[:150] = False
    spread = [change_contrast(image, FAN, p)[deep].std() for p in ("stretch", "clahe")]
    assert spread[1] > 1.3 * spread[0]


def test_an_empty_frame_or_sector_is_left_alone() -> None:
    flat = np.full((240, 320, 3), 20, np.uint8)
    for policy in CONTRAST_POLICIES:
        assert change_contrast(flat, FAN, policy) is flat
        assert change_contrast(flat, np.zeros_like(FAN), policy) is flat

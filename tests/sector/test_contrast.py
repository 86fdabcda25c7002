import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.sector import CONTRAST_POLICIES, change_contrast
from sector_maker import fan_clip, fan_mask

FAN = fan_mask(240, 320)


def frame(gain: int = 110, offset: int = 0, seed: int = 0) -> np.ndarray:
    luma = fan_clip(1, gain=gain, seed=seed)[0].astype(int) + offset
    return (np.clip(luma, 0, 255) * FAN[..., None]).astype(np.uint8)


@pytest.mark.parametrize("policy", CONTRAST_POLICIES)
def test_the_frame_given_is_left_as_it_is_and_outside_is_black(policy: str) -> None:
    image = frame()
    before = image.copy()
    changed = change_contrast(image, FAN, policy)
    np.testing.assert_array_equal(image, before)
    assert changed.shape == image.shape
    assert not changed[~FAN].any()
    assert (changed is image) == (policy == "none")


def test_stretching_uses_the_whole_range_inside_the_sector() -> None:
    changed = change_contrast(frame(40, 30), FAN, "stretch")[FAN]
    assert np.percentile(changed, 1) <= 1
    assert np.percentile(changed, 99) >= 254


@given(st.sampled_from([30, 45, 60, 80]), st.integers(0, 60))
def test_gain_and_offset_make_no_difference_after_stretching(gain: int, offset: int) -> None:
    usual = change_contrast(frame(90), FAN, "stretch").astype(int)
    other = change_contrast(frame(gain, offset), FAN, "stretch").astype(int)
    assert np.abs(usual - other)[FAN].mean() < 8


def test_what_is_outside_the_sector_changes_nothing_inside() -> None:
    bright = frame()
    bright[~FAN] = 255
    for policy in ("stretch", "clahe"):
        np.testing.assert_array_equal(
            change_contrast(bright, FAN, policy), change_contrast(frame(), FAN, policy)
        )


def test_equalising_brings_out_the_dark_half() -> None:
    image = frame(60)
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

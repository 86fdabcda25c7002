import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lusscore.sector.statistics import ClipStatistics
from sector_maker import fan_clip


def gathered(video: np.ndarray) -> ClipStatistics:
    statistics = ClipStatistics()
    for image in video:
        statistics.add(image)
    return statistics


@given(arrays(np.uint8, (5, 6, 7), elements=st.integers(16, 255)))
def test_extremes_and_edges_are_those_over_all_frames(luma: np.ndarray) -> None:
    statistics = gathered(np.repeat(luma[..., None], 3, axis=3))
    np.testing.assert_array_equal(statistics.darkest, luma.min(axis=0))
    np.testing.assert_array_equal(statistics.brightest, luma.max(axis=0))
    padded = np.pad(luma.astype(int), ((0, 0), (0, 0), (1, 1)), mode="edge")
    step = padded[:, :, 2:] - padded[:, :, :-2]
    np.testing.assert_array_equal(statistics.rising, np.maximum(step.min(axis=0), 0))
    np.testing.assert_array_equal(statistics.falling, np.maximum((-step).min(axis=0), 0))
    assert not statistics.colour.any()


@pytest.mark.parametrize(("length", "looked_at"), [(1, 1), (32, 32), (64, 48), (128, 64)])
def test_of_a_long_clip_some_sixteen_frames_per_doubling_count(length: int, looked_at: int) -> None:
    assert gathered(np.full((length, 4, 4, 3), 99, np.uint8)).frames == looked_at


def test_black_frames_at_either_end_do_not_count() -> None:
    clip = fan_clip(6)
    black = np.zeros_like(clip[:2])
    with_black = gathered(np.concatenate([black, clip, black]))
    alone = gathered(clip)
    assert with_black.frames == alone.frames
    np.testing.assert_array_equal(with_black.darkest, alone.darkest)
    np.testing.assert_array_equal(with_black.rising, alone.rising)
    np.testing.assert_array_equal(with_black.falling, alone.falling)


def test_a_black_clip_still_has_a_shape() -> None:
    statistics = gathered(np.zeros((3, 20, 30, 3), np.uint8))
    assert statistics.frames == 3
    assert statistics.shape == (20, 30)


def test_a_large_frame_is_averaged_down() -> None:
    statistics = gathered(np.full((1, 1080, 1920, 3), 80, np.uint8))
    assert statistics.step == 3
    assert statistics.darkest.shape == (360, 640)
    assert statistics.shape == (1080, 1920)


def test_a_frame_of_another_size_is_passed_over() -> None:
    statistics = ClipStatistics()
    statistics.add(np.full((10, 10, 3), 90, np.uint8))
    statistics.add(np.full((12, 10, 3), 20, np.uint8))
    assert statistics.frames == 1
    assert (statistics.darkest == 90).all()

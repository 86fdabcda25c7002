from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from clip_maker import moving_bar
from lusscore.clips import open_clip
from measure_repeats import encoded_twice_as_fast, repeats


def test_the_first_frame_and_moving_ones_are_no_repeats() -> None:
    assert repeats(list(moving_bar(8))) == [False] * 8


def test_a_frozen_picture_is_a_repeat_even_with_a_little_noise() -> None:
    rng = np.random.default_rng(0)
    still = moving_bar(1, 200, 200)[0].astype(int)
    noisy = [
        np.clip(still + rng.integers(-2, 3, still.shape), 0, 255).astype(np.uint8) for _ in range(5)
    ]
    assert repeats(noisy) == [False, True, True, True, True]


def test_black_frames_repeat_and_a_change_of_size_does_not() -> None:
    black, small = np.zeros((50, 50, 3), np.uint8), np.zeros((20, 50, 3), np.uint8)
    assert repeats([black, black, small, small]) == [False, True, False, True]


def test_something_small_that_moves_is_seen() -> None:
    frames = [np.full((350, 350, 3), 60, np.uint8) for _ in range(2)]
    frames[1][100:140, 100:140] = 120
    assert repeats(frames) == [False, False]


@pytest.mark.parametrize(("part", "told"), [(0.1, True), (0.5, False)])
def test_how_much_may_change_is_half_a_step_of_luma(part: float, told: bool) -> None:
    # one step of luma in a tenth of the picture is 0.32 on average (root mean square), in half 0.71
    before = np.full((440, 440, 3), 60, np.uint8)
    after = before.copy()
    after[: round(440 * part)] += 1
    assert repeats([before, after]) == [False, told]


@pytest.mark.shared
@pytest.mark.parametrize(("quality", "found"), [(18, 0.98), (23, 0.9)])
def test_duplicates_in_real_clips_are_found_once_encoded_again(
    shared: Path, quality: int, found: float
) -> None:
    dropped, live = [], []
    for path in sorted((shared / "covid-blues").rglob("*.mp4"))[5:200:50]:
        frames = [frame.rgb for frame in islice(open_clip(path), 20)]
        told = repeats(encoded_twice_as_fast(frames, quality))
        assert len(told) == 40
        dropped += told[1::2]
        live += told[2::2]
    assert np.mean(dropped) >= found
    assert np.mean(live) <= 0.05


@pytest.mark.shared
def test_live_frames_are_no_repeats(shared: Path) -> None:
    told = []
    for path in sorted((shared / "covid-blues").rglob("*.mp4"))[3::40]:
        told += repeats([frame.rgb for frame in islice(open_clip(path), 40)])
    assert len(told) > 200
    # some of these clips do hold a frame twice, to the bit
    assert np.mean(told) <= 0.02

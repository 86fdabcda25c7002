from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lusscore.privacy.hidden_pixels import hides_pixels
from privacy.planted import HEIGHT, WIDTH, fan_clip
from privacy.video_maker import encode, recropped

QUIET = {"libx264": {}, "libx265": {"x265-params": "log-level=none"}}


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (4, height, width, 3), np.uint8)


@pytest.mark.parametrize("codec", QUIET)
@pytest.mark.parametrize(("right", "bottom"), [(48, 0), (0, 32), (8, 0), (0, 4), (2, 2)])
def test_pixels_at_an_edge_that_are_stored_and_not_shown(
    tmp_path: Path, codec: str, right: int, bottom: int
) -> None:
    clip = encode(tmp_path / "a.mp4", noise(HEIGHT, WIDTH), codec, "yuv420p", **QUIET[codec])
    assert not hides_pixels(clip)
    assert hides_pixels(recropped(clip, right, bottom))


def test_even_a_black_part_is_hidden_if_it_is_wider_than_a_block(tmp_path: Path) -> None:
    clip = encode(tmp_path / "a.mp4", np.zeros((4, 64, 64, 3), np.uint8), "libx264", "yuv420p")
    assert hides_pixels(recropped(clip, right=16))
    assert not hides_pixels(recropped(clip, right=14))


@pytest.mark.parametrize("layout", ["yuv420p", "yuv444p"])
@pytest.mark.parametrize(("height", "width"), [(84, 100), (90, 126), (66, 114)])
def test_what_fills_the_last_block_is_not_taken_for_hidden(
    tmp_path: Path, layout: str, height: int, width: int
) -> None:
    video = fan_clip(0, "Ottilie")[:, :height, :width]
    assert not hides_pixels(encode(tmp_path / "a.mp4", video, "libx264", layout))


def test_odd_sizes(tmp_path: Path) -> None:
    video = fan_clip(0, "Ottilie")[:, :95, :127]
    assert not hides_pixels(encode(tmp_path / "a.mp4", video, "libx264", "yuv444p"))

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from lusscore.checks.frames import chosen_frames, hash_frames, reduce_frame
from lusscore.sector import Sector, SectorFinder


@pytest.mark.parametrize("frames", [191, 192, 193, 1000, 100_000])
def test_every_third_frame_is_chosen_and_at_most_64(frames: int) -> None:
    chosen = chosen_frames(frames)
    assert 33 <= len(chosen) <= 64
    assert chosen[-1] >= frames - chosen.step
    assert list(chosen_frames(10)) == [0, 3, 6, 9]
    assert list(chosen_frames(1)) == [0]


def test_writing_outside_the_sector_changes_nothing(
    drifting_clip: Callable[..., np.ndarray],
) -> None:
    video = drifting_clip(0, frames=6)
    finder = SectorFinder()
    for rgb in video:
        finder.add(rgb)
    sector = finder.find()
    written = video.copy()
    for rgb in written:
        cv2.putText(rgb, "SOMEBODY 1970", (5, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255,) * 3, 2)
        # beside the fan but within its bounds
        cv2.rectangle(rgb, (40, 50), (75, 80), (255, 255, 255), -1)
    one, other = (
        hash_frames([reduce_frame(rgb) for rgb in clip], sector) for clip in (video, written)
    )
    # bright writing outside leaves the sector as the only view
    assert one is not None
    assert other is not None
    assert (len(one), len(other)) == (2, 1)
    assert np.unpackbits(one[0] ^ other[0]).mean() < 0.02


@pytest.mark.parametrize(
    ("size", "outline", "views"),
    [
        ((7, 5), ((0, 0), (4, 0), (4, 6), (0, 6)), 2),  # tiny
        ((60, 80), ((20, 10), (59, 10), (59, 49), (20, 49)), 1),  # in a wide border
    ],
)
def test_the_whole_image_is_hashed_where_most_of_it_is_sector(
    size: tuple[int, int], outline: tuple[tuple[int, int], ...], views: int
) -> None:
    frame = np.random.default_rng(0).integers(0, 255, size, np.uint8)
    found = hash_frames([frame], Sector(*size, "motion", outline))
    assert found is not None
    assert found.shape == (views, 1, 18)

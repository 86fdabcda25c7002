from collections.abc import Callable

import cv2
import numpy as np

from lusscore.checks.frame_hashes import chosen_frames, hash_frames, reduce_frame
from lusscore.sector import Sector, SectorFinder


def sector_of(video: np.ndarray) -> Sector:
    finder = SectorFinder()
    for rgb in video:
        finder.add(rgb)
    return finder.find()


def apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.unpackbits(a ^ b).mean())


def test_every_third_frame_is_chosen_and_at_most_64() -> None:
    assert list(chosen_frames(10)) == [0, 3, 6, 9]
    assert list(chosen_frames(1)) == [0]
    for frames in (191, 192, 193, 1000, 100_000):
        chosen = chosen_frames(frames)
        assert 33 <= len(chosen) <= 64
        assert chosen[-1] >= frames - chosen.step


def test_frames_are_reduced_to_480_pixels_and_small_ones_kept() -> None:
    assert reduce_frame(np.zeros((960, 1280, 3), np.uint8)).shape == (360, 480)
    assert reduce_frame(np.zeros((30, 40, 3), np.uint8)).shape == (30, 40)
    assert reduce_frame(np.zeros((1, 5000, 3), np.uint8)).shape == (1, 480)


def test_writing_outside_the_sector_changes_nothing(
    drifting_clip: Callable[..., np.ndarray],
) -> None:
    video = drifting_clip(0, frames=6)
    sector = sector_of(video)
    written = video.copy()
    for rgb in written:
        cv2.putText(rgb, "SOMEBODY 1970", (5, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255,) * 3, 2)
        # beside the fan but within its bounds
        cv2.rectangle(rgb, (40, 50), (75, 80), (255, 255, 255), -1)
    one, other = (
        hash_frames([reduce_frame(rgb) for rgb in clip], sector) for clip in (video, written)
    )
    assert one is not None
    assert other is not None
    # bright writing outside leaves the sector as the only view
    assert (len(one.views), len(other.views)) == (2, 1)
    assert apart(one.views[0], other.views[0]) < 0.02


def test_a_tiny_frame_is_hashed() -> None:
    frame = np.random.default_rng(0).integers(0, 255, (7, 5), np.uint8)
    found = hash_frames([frame], Sector(7, 5, "whole", ((0, 0), (4, 0), (4, 6), (0, 6))))
    assert found is not None
    assert found.views.shape == (2, 1, 18)


def test_a_small_sector_in_a_wide_border_is_seen_alone() -> None:
    frame = np.random.default_rng(0).integers(0, 255, (60, 80), np.uint8)
    found = hash_frames([frame], Sector(60, 80, "motion", ((20, 10), (59, 10), (59, 49), (20, 49))))
    assert found is not None
    assert len(found.views) == 1


def test_no_frames_have_no_hashes() -> None:
    assert hash_frames([], Sector(4, 4, "whole", ((0, 0), (3, 0), (3, 3)))) is None

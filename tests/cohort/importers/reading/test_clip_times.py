from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clip_maker import moving_bar, write_video
from lusscore.cohort.importers.reading.clip_times import frame_count, frame_times, frames_between
from lusscore.errors import ClipError


def test_times_are_the_clips_own(tmp_path: Path) -> None:
    times = frame_times(write_video(tmp_path / "a.mp4", moving_bar(5), fps=25))
    assert times == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])


def test_a_clip_that_many_labels_name_is_counted_once(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_bar(5))
    assert frame_count(path) == 5
    path.unlink()
    assert frame_count(path) == 5
    with pytest.raises(ClipError):
        frame_count(tmp_path / "none.mp4")


def test_an_image_has_no_clock(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(ClipError, match="a.png has no clock"):
        frame_times(tmp_path / "a.png")


def test_seconds_become_frames() -> None:
    times = (0.0, 0.04, 0.08, 0.12, 0.16)
    assert frames_between(times, 0.04, 0.12) == (1, 3)
    assert frames_between(times, 0.0401, 0.1199) == (1, 3)
    assert frames_between(times, 0.05, 0.09) == (2, 3)
    assert frames_between(times, 0.0, 9.0) == (0, None)
    assert frames_between(times, 0.05, 0.06) == (2, 2)
    assert frames_between(times, 1.0, 2.0) == (5, None)


@given(
    st.lists(st.floats(0.005, 0.5), min_size=1, max_size=20),
    st.lists(st.floats(0, 5), min_size=1, max_size=6),
)
def test_touching_stretches_divide_a_clip_without_gap_or_overlap(
    steps: list[float], cuts: list[float]
) -> None:
    times = (0.0, *accumulate(steps))
    edges = [0.0, *sorted(cuts), float("inf")]
    covered: list[int] = []
    for start, end in pairwise(edges):
        first, last = frames_between(times, start, end)
        covered += range(first, len(times) if last is None else last)
    assert covered == list(range(len(times)))

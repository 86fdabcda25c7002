import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import FramesPolicy
from lusscore.errors import CohortError

POLICIES = st.one_of(
    st.just("all"),
    st.builds("every:{}".format, st.integers(1, 50)),
    st.builds("per-clip:{}".format, st.integers(1, 50)),
    st.builds("per-second:{}".format, st.integers(1, 50)),
)


@given(POLICIES, st.integers(0, 300))
def test_selected_frames_increase_and_are_in_the_clip(text: str, frames: int) -> None:
    chosen = FramesPolicy.parse(text).select(frames)
    assert (np.diff(chosen) > 0).all()
    assert ((chosen >= 0) & (chosen < frames)).all()
    assert bool(len(chosen)) == bool(frames)


@pytest.mark.parametrize("kind", ["every", "per-clip", "per-second"])
def test_a_number_that_no_clip_needs_is_refused_and_a_large_one_is_not(kind: str) -> None:
    for digits in (10, 30, 5000):
        with pytest.raises(CohortError, match="a whole number n from 1 to 999999999"):
            FramesPolicy.parse(f"{kind}:{'9' * digits}")
    assert len(FramesPolicy.parse(f"{kind}:{'9' * 9}").select(7, np.arange(7.0))) > 0


@given(st.integers(1, 50), st.integers(1, 300))
def test_per_clip_gives_n_frames_or_all(n: int, frames: int) -> None:
    assert len(FramesPolicy("per-clip", n).select(frames)) == min(n, frames)


@given(POLICIES)
def test_a_policy_reads_back_from_its_text(text: str) -> None:
    assert str(FramesPolicy.parse(text)) == text


def test_frames_per_clip_are_spread_evenly() -> None:
    assert FramesPolicy.parse("per-clip:4").select(100).tolist() == [12, 37, 62, 87]
    assert FramesPolicy.parse("every:3").select(8).tolist() == [0, 3, 6]


@given(st.integers(1, 40), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_per_second_gives_one_frame_for_every_slot_that_has_any(n: int, gaps: list[float]) -> None:
    times = np.cumsum([0.0, *gaps])
    chosen = FramesPolicy("per-second", n).select(len(times), times)
    slots = np.floor((times + 1e-4) * n)
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(slots[chosen], np.unique(slots))
    assert chosen[0] == 0


def test_frames_per_second_follow_the_clock_and_not_the_number() -> None:
    regular = FramesPolicy.parse("per-second:5").select(50, np.arange(50) / 25)
    assert regular.tolist() == list(range(0, 50, 5))
    slow_then_fast = np.array([0.0, 0.4, 0.8, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    assert FramesPolicy.parse("per-second:2").select(9, slow_then_fast).tolist() == [0, 2, 3, 8]


def test_a_clip_without_a_clock_gives_all_frames_per_second() -> None:
    policy = FramesPolicy.parse("per-second:1")
    assert policy.select(4).tolist() == [0, 1, 2, 3]
    assert policy.select(4, np.full(4, np.nan)).tolist() == [0, 1, 2, 3]


def test_a_clock_that_runs_back_shows_no_moment_twice() -> None:
    times = np.array([0.0, 1.0, 0.5, 1.2, 2.0])
    assert FramesPolicy.parse("per-second:1").select(5, times).tolist() == [0, 1, 4]


@pytest.mark.parametrize("text", ["", "some", "every:0", "per-clip:-1", "per-clip", "every:1.5"])
def test_anything_else_gets_a_sentence(text: str) -> None:
    with pytest.raises(CohortError, match="expected all, every:n, per-clip:n or per-second:n"):
        FramesPolicy.parse(text)

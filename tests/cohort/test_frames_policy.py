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
)


@given(POLICIES, st.integers(0, 300))
def test_selected_frames_increase_and_are_in_the_clip(text: str, frames: int) -> None:
    chosen = FramesPolicy.parse(text).select(frames)
    assert (np.diff(chosen) > 0).all()
    assert ((chosen >= 0) & (chosen < frames)).all()
    assert bool(len(chosen)) == bool(frames)


@given(st.integers(1, 50), st.integers(1, 300))
def test_per_clip_gives_n_frames_or_all(n: int, frames: int) -> None:
    assert len(FramesPolicy("per-clip", n).select(frames)) == min(n, frames)


@given(POLICIES)
def test_a_policy_reads_back_from_its_text(text: str) -> None:
    assert str(FramesPolicy.parse(text)) == text


def test_frames_per_clip_are_spread_evenly() -> None:
    assert FramesPolicy.parse("per-clip:4").select(100).tolist() == [12, 37, 62, 87]
    assert FramesPolicy.parse("every:3").select(8).tolist() == [0, 3, 6]


@pytest.mark.parametrize("text", ["", "some", "every:0", "per-clip:-1", "per-clip", "every:1.5"])
def test_anything_else_gets_a_sentence(text: str) -> None:
    with pytest.raises(CohortError, match="expected all, every:n or per-clip:n"):
        FramesPolicy.parse(text)

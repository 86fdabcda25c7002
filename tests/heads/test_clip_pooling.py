import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.heads.bags import gather_bags
from lusscore.heads.clip_pooling import pool_clips

# what float16 can hold, far from zero and near it
NUMBERS = st.floats(-60000, 60000, width=16)


def pool(frames: np.ndarray, clips: np.ndarray, pooling: str = "mean-std") -> np.ndarray:
    return pool_clips(frames, *gather_bags(clips, len(frames)), pooling)


@given(
    st.lists(st.tuples(st.integers(0, 3), NUMBERS, NUMBERS), min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
def test_the_order_of_frames_does_not_matter(
    rows: list[tuple[int, float, float]], random: object
) -> None:
    shuffled = rows.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, two = (
        pool(
            np.array([row[1:] for row in some], np.float16),
            np.unique([row[0] for row in some], return_inverse=True)[1],
        )
        for some in (rows, shuffled)
    )
    np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-6)


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_mean_and_deviation_are_those_of_the_frames(values: list[float]) -> None:
    frames = np.array(values, np.float16)[:, None]
    mean, deviation = pool(frames, np.zeros(len(frames), np.int64))[0]
    wide = frames.astype(np.float64)
    assert mean == pytest.approx(wide.mean(), rel=1e-6, abs=1e-6)
    assert deviation == pytest.approx(wide.std(), rel=1e-6, abs=1e-6)


@given(NUMBERS, st.integers(1, 50))
def test_frames_that_are_alike_pool_to_themselves_exactly(value: float, count: int) -> None:
    frames = np.full((count, 1), value, np.float16)
    mean, deviation = pool(frames, np.zeros(count, np.int64))[0]
    assert mean == np.float16(value)
    assert deviation == 0


def test_small_changes_of_large_numbers_are_seen() -> None:
    frames = np.array([[10000.0], [10000.25]], np.float32)
    assert pool(frames, np.zeros(2, np.int64))[0].tolist() == [10000.125, 0.125]


def test_every_variant_is_pooled_by_itself() -> None:
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(30, 3, 4)).astype(np.float16)
    clips = rng.permutation(np.arange(30) % 5)
    pooled = pool(frames, clips)
    assert pooled.shape == (5, 3, 8)
    assert pooled.dtype == np.float32
    for variant in range(3):
        np.testing.assert_array_equal(pooled[:, variant], pool(frames[:, variant], clips))
    np.testing.assert_array_equal(pooled[..., :4], pool(frames, clips, "mean"))


def test_neither_the_other_clips_nor_batches_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(60, 2, 4)).astype(np.float16)
    clips = np.sort(rng.integers(0, 9, 60))
    whole = pool(frames, clips)
    monkeypatch.setattr("lusscore.heads.clip_pooling._NUMBERS_AT_ONCE", 50)
    np.testing.assert_array_equal(pool(frames, clips), whole)
    for clip in range(9):
        own = frames[clips == clip]
        np.testing.assert_array_equal(pool(own, np.zeros(len(own), np.int64))[0], whole[clip])

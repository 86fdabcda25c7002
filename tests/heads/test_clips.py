import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.heads.clips import add_exam_context, gather_bags, pool_clips

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


def test_neither_the_other_clips_nor_batches_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(60, 2, 4)).astype(np.float16)
    clips = np.sort(rng.integers(0, 9, 60))
    whole = pool(frames, clips)
    monkeypatch.setattr("lusscore.heads.clips._NUMBERS_AT_ONCE", 50)
    np.testing.assert_array_equal(pool(frames, clips), whole)
    for clip in range(9):
        own = frames[clips == clip]
        np.testing.assert_array_equal(pool(own, np.zeros(len(own), np.int64))[0], whole[clip])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=30))
def test_a_bag_is_one_clip_with_one_label_and_no_frame_is_lost(
    frames: list[tuple[int, int]],
) -> None:
    clips, targets = (np.array(column) for column in zip(*frames, strict=True))
    order, starts = gather_bags(clips, len(clips), targets)
    assert sorted(order) == list(range(len(frames)))
    bags = np.split(order, starts[1:])
    kinds = [{frames[row] for row in bag} for bag in bags]
    assert all(len(kind) == 1 for kind in kinds)
    assert len(bags) == len(set(frames))
    assert all((np.diff(bag) > 0).all() for bag in bags)


def test_a_vector_is_followed_by_the_mean_of_the_exams_other_recordings() -> None:
    pooled = np.array([[1, 10], [2, 20], [4, 40], [7, 70]], np.float32)
    exams = np.array([5, 3, 5, 5])
    joined = add_exam_context(pooled, np.arange(4), pooled, exams)
    np.testing.assert_array_equal(joined[:, :2], pooled)
    np.testing.assert_array_equal(joined[:, 2], [5.5, 2, 4, 2.5])
    np.testing.assert_array_equal(joined[:, 3], [55, 20, 40, 25])


def test_segments_of_a_recording_share_the_context_of_whole_recordings() -> None:
    own = np.array([[1], [3], [9]], np.float32)
    pooled = np.array([[2], [9]], np.float32)
    joined = add_exam_context(own, np.array([0, 0, 1]), pooled, np.array([0, 0]))
    assert joined.tolist() == [[1, 9], [3, 9], [9, 2]]


def test_no_other_exam_changes_a_bit_and_variants_stay_apart() -> None:
    pooled = np.random.default_rng(0).normal(size=(9, 2, 5)).astype(np.float32)
    exams = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    joined = add_exam_context(pooled, np.arange(9), pooled, exams)
    assert joined.dtype == np.float32
    mine = exams == 1
    alone = add_exam_context(pooled[mine], np.arange(3), pooled[mine], np.zeros(3))
    np.testing.assert_array_equal(joined[mine], alone)
    for variant in range(2):
        own = pooled[:, variant]
        np.testing.assert_array_equal(
            joined[:, variant], add_exam_context(own, np.arange(9), own, exams)
        )

import numpy as np

from lusscore.heads.exam_context import add_exam_context


def test_behind_a_vector_stands_the_mean_of_the_exams_other_recordings() -> None:
    pooled = np.array([[1, 10], [2, 20], [4, 40], [7, 70]], np.float32)
    exams = np.array([5, 3, 5, 5])
    joined = add_exam_context(pooled, np.arange(4), pooled, exams)
    np.testing.assert_array_equal(joined[:, :2], pooled)
    np.testing.assert_array_equal(joined[:, 2], [5.5, 2, 4, 2.5])
    np.testing.assert_array_equal(joined[:, 3], [55, 20, 40, 25])


def test_stretches_of_a_recording_share_the_context_of_whole_recordings() -> None:
    own = np.array([[1], [3], [9]], np.float32)
    pooled = np.array([[2], [9]], np.float32)
    joined = add_exam_context(own, np.array([0, 0, 1]), pooled, np.array([0, 0]))
    assert joined.tolist() == [[1, 9], [3, 9], [9, 2]]


def test_a_recording_without_another_of_its_exam_has_its_own_vector_again() -> None:
    own = np.array([[1], [3], [9]], np.float32)
    pooled = np.array([[2], [9]], np.float32)
    joined = add_exam_context(own, np.array([0, 0, 1]), pooled, np.array([0, 1]))
    assert joined.tolist() == [[1, 1], [3, 3], [9, 9]]


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

import numpy as np
import pytest

from lusscore.errors import HeadError
from lusscore.heads.array_reader import ArrayReader


def reader(**arrays: object) -> ArrayReader:
    return ArrayReader(arrays, "head softmax")


def test_an_array_is_given_out_as_a_copy_in_rows() -> None:
    columns = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    taken = reader(coef=columns).take("coef", (2, 3), np.float64)
    np.testing.assert_array_equal(taken, columns)
    assert taken.flags.c_contiguous
    assert not np.shares_memory(taken, columns)


def test_a_side_may_be_left_open_but_not_empty() -> None:
    arrays = reader(long=np.ones((7, 2)), none=np.ones((0, 2)))
    assert arrays.take("long", (None, 2), np.float64).shape == (7, 2)
    with pytest.raises(HeadError, match=r"in shape \(0, 2\), expected in \(any, 2\)"):
        arrays.take("none", (None, 2), np.float64)


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.ones((2, 3), np.float32), "in 'float32', expected in float64"),
        (np.ones((2, 3), ">f8"), "in '>f8', expected in float64"),
        (np.array([[{}] * 3] * 2, object), "in 'object', expected in float64"),
        (np.ones((3, 2)), r"in shape \(3, 2\), expected in \(2, 3\)"),
        (np.ones(6), r"in shape \(6,\), expected in \(2, 3\)"),
        (np.full((2, 3), np.nan), "a number that is not finite in its array coef"),
        (np.full((2, 3), -np.inf), "a number that is not finite in its array coef"),
        ([[1.0] * 3] * 2, "lacks its array coef"),
        (None, "lacks its array coef"),
    ],
)
def test_what_is_not_as_it_must_be_is_refused(array: object, what: str) -> None:
    with pytest.raises(HeadError, match=f"^The kept head softmax .*{what}; .*again.$"):
        reader(coef=array).take("coef", (2, 3), np.float64)


def test_an_array_is_given_out_once() -> None:
    arrays = reader(coef=np.ones(2))
    assert arrays.has("coef")
    arrays.take("coef", (2,), np.float64)
    assert not arrays.has("coef")
    with pytest.raises(HeadError, match="lacks its array coef"):
        arrays.take("coef", (2,), np.float64)


def test_what_nobody_took_is_refused_in_a_short_sentence() -> None:
    arrays = reader(coef=np.ones(2))
    arrays.take("coef", (2,), np.float64)
    arrays.finish()
    with pytest.raises(HeadError, match="has no use for") as told:
        reader(**{"x" * 10_000: np.ones(1)}).finish()
    assert len(str(told.value)) < 300

import numpy as np
import pytest

from lusscore.evaluation.ratio import ratio


def test_nothing_divided_by_nothing_is_undefined_and_no_warning():
    found = ratio(np.array([1, 0, 3]), np.array([2, 0, 0]))
    assert found[0] == 0.5
    assert np.isnan(found[1:]).all()


@pytest.mark.parametrize("rest", [1e-12, -1e-12, -1.0])
def test_what_rounding_leaves_of_zero_is_zero(rest):
    assert np.isnan(ratio(np.array([1e-12]), np.array([rest]))).all()


def test_shapes_broadcast_and_a_single_number_is_one():
    assert ratio(np.ones((3, 1)), np.full(4, 2.0)).shape == (3, 4)
    assert ratio(np.float64(1), np.float64(4)) == 0.25

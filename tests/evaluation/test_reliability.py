import numpy as np
import pytest

from lusscore.evaluation.calibration import patient_bins
from lusscore.evaluation.reliability import reliability
from lusscore.evaluation.resampling import draw_patients


@pytest.fixture
def rows(held_out):
    shares = [[0.75, 0.25, 0, 0]] * 8 + [[0, 0.45, 0.55, 0]] * 2
    return held_out([0, 0, 1, 0, 0, 0, 1, 1, 2, 2], shares, patient=[0] * 4 + [1] * 6)


def test_bins_hold_what_was_said_and_what_came_true(rows):
    low, high = reliability(patient_bins(rows), None)
    assert (low.low, low.high, low.rows) == (0.5, 0.6, 2)
    assert (low.confidence, low.accuracy) == pytest.approx((0.55, 1))
    assert (high.low, high.rows) == (0.7, 8)
    assert (high.confidence, high.accuracy) == pytest.approx((0.75, 5 / 8))
    assert low.interval is None


def test_a_bins_interval_is_over_patients_and_a_single_patient_has_none(rows):
    low, high = reliability(patient_bins(rows), draw_patients(2, 400, 0))
    assert low.interval is None, "both rows are of one patient"
    assert high.interval == pytest.approx((0.5, 0.75))


def test_bins_sum_to_all_rows(held_out):
    generator = np.random.default_rng(0)
    many = held_out(generator.integers(0, 4, 200), generator.dirichlet(np.ones(4), 200))
    bins = reliability(patient_bins(many), None)
    assert sum(each.rows for each in bins) == 200
    right = sum(each.rows * each.accuracy for each in bins)
    assert right == pytest.approx((many.truth == many.prediction).sum())
    assert all(each.low <= each.confidence <= each.high for each in bins)

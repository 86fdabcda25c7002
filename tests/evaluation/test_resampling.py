from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from lusscore.evaluation.levels import reliability
from lusscore.evaluation.metrics import (
    CLASS_METRICS,
    METRICS,
    draw_patients,
    interval,
    measure,
    metric_interval,
)


def _rows(held_out, patients=20, each=15, spread=0.0):
    """Rows whose accuracy varies between patients by `spread`."""
    generator = np.random.default_rng(2)
    patient = np.repeat(np.arange(patients), each)
    truth = generator.integers(0, 4, len(patient))
    skill = np.clip(0.6 + generator.normal(0, spread, patients), 0, 1)[patient]
    right = generator.random(len(patient)) < skill
    prediction = np.where(right, truth, (truth + 1) % 4)
    return held_out(truth, prediction=prediction, patient=patient)


def test_every_resample_holds_as_many_patients_as_the_cohort():
    draws = draw_patients(13, 200, seed=1)
    assert draws.shape == (200, 13)
    assert (draws.sum(1) == 13).all()
    assert np.array_equal(draws, draw_patients(13, 200, 1))
    assert not np.array_equal(draws, draw_patients(13, 200, 2))


def test_a_resample_equals_the_metric_of_rows_repeated_by_patient(held_out):
    rows = _rows(held_out)
    draws = draw_patients(20, 5, 0)
    resampled = measure(rows, draws)
    for number, draw in enumerate(draws):
        taken = np.repeat(np.arange(len(rows.truth)), draw[rows.patient].astype(int))
        truth, prediction = rows.truth[taken], rows.prediction[taken]
        assert resampled["accuracy"][number] == pytest.approx(np.mean(truth == prediction))
        expected = f1_score(truth, prediction, average="macro")
        assert resampled["macro_f1"][number] == pytest.approx(expected)
        repeated = replace(
            rows,
            truth=truth,
            prediction=prediction,
            probabilities=rows.probabilities[taken],
            patient=rows.patient[taken],
            fold=rows.fold[taken],
        )
        assert set(resampled) == {*METRICS, *CLASS_METRICS}
        expected = measure(repeated)
        for metric, values in resampled.items():
            assert values[number] == pytest.approx(expected[metric][0]), metric


def test_patients_that_differ_widen_the_interval(held_out):
    draws = draw_patients(20, 400, 0)
    alike = interval(measure(_rows(held_out, spread=0.0), draws)["accuracy"])
    unlike = interval(measure(_rows(held_out, spread=0.4), draws)["accuracy"])
    assert unlike[1] - unlike[0] > 2 * (alike[1] - alike[0])


def test_an_interval_holds_95_of_100_values():
    low, high = interval(np.arange(1001.0))
    assert (low, high) == pytest.approx((25, 975))


def test_undefined_resamples_are_left_out_until_they_are_half():
    assert interval(np.array([1.0, 1.0, 1.0, np.nan])) == (1, 1)
    assert interval(np.array([1.0, np.nan])) is None
    assert interval(np.array([])) is None


def test_two_leaning_metrics_have_intervals_that_hold_their_value_and_lie_lower():
    resampled = np.linspace(0.55, 0.75, 201)
    low, high = metric_interval("macro_pr_auc", resampled, 0.6)
    assert (low, high) == pytest.approx((1.2 - 0.745, 1.2 - 0.555))
    low, high = metric_interval("macro_pr_auc", resampled, 0.5)
    assert high == 0.5
    assert metric_interval("calibration_error", resampled, 0.5) == pytest.approx((0.5, 0.745))
    assert metric_interval("accuracy", resampled, 0.5) == interval(resampled)
    assert metric_interval("macro_pr_auc", np.array([np.nan]), 0.5) is None


@pytest.fixture
def rows(held_out):
    shares = [[0.75, 0.25, 0, 0]] * 8 + [[0, 0.45, 0.55, 0]] * 2
    return held_out([0, 0, 1, 0, 0, 0, 1, 1, 2, 2], shares, patient=[0] * 4 + [1] * 6)


def test_bins_hold_what_was_said_and_what_came_true(rows):
    low, high = reliability(rows, None)
    assert (low.low, low.high, low.rows) == (0.5, 0.6, 2)
    assert (low.confidence, low.accuracy) == pytest.approx((0.55, 1))
    assert (high.low, high.rows) == (0.7, 8)
    assert (high.confidence, high.accuracy) == pytest.approx((0.75, 5 / 8))
    assert low.interval is None


def test_a_bins_interval_is_over_patients_and_a_single_patient_has_none(rows):
    low, high = reliability(rows, draw_patients(2, 400, 0))
    assert low.interval is None, "both rows are of one patient"
    assert high.interval == pytest.approx((0.5, 0.75))


def test_bins_sum_to_all_rows(held_out):
    generator = np.random.default_rng(0)
    many = held_out(generator.integers(0, 4, 200), generator.dirichlet(np.ones(4), 200))
    bins = reliability(many, None)
    assert sum(each.rows for each in bins) == 200
    right = sum(each.rows * each.accuracy for each in bins)
    assert right == pytest.approx((many.truth == many.prediction).sum())
    assert all(each.low <= each.confidence <= each.high for each in bins)

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.comparison import (
    bootstrap_p,
    compare_pairs,
    corrected_t_test,
    holm,
    mcnemar_pairs,
)
from lusscore.evaluation.levels import measure_level
from lusscore.evaluation.metrics import draw_patients
from lusscore.evaluation.predictions import BASELINE, read_predictions
from run_maker import make_run

A, B = "xception/softmax", "resnet50/softmax"


@pytest.fixture
def measured(tmp_path):
    folder = make_run(tmp_path / "run")
    predictions = read_predictions(folder / "predictions.csv")
    frames = score_at(predictions, "frame")
    patients = sorted(frames["patient"].unique())
    draws = draw_patients(len(patients), 200, 0)
    return measure_level(frames, [A, B, BASELINE], patients, draws)


def test_a_difference_is_first_minus_second_and_turns_its_sign_with_the_pair(measured):
    one, other = compare_pairs(measured, [(A, B)])[0], compare_pairs(measured, [(B, A)])[0]
    expected = measured[A].record.pooled.accuracy - measured[B].record.pooled.accuracy
    assert one.metric == "accuracy"
    assert one.pooled == pytest.approx(expected)
    assert one.interval[0] <= one.pooled <= one.interval[1]
    assert (one.pooled, one.t, one.p) == pytest.approx((-other.pooled, -other.t, other.p))
    assert one.interval == pytest.approx(tuple(-end for end in reversed(other.interval)))


def test_a_model_does_not_differ_from_itself_and_is_above_the_baseline(measured):
    same = compare_pairs(measured, [(A, A)])[0]
    assert (same.pooled, same.p) == (0, 1)
    assert np.isnan(same.fold_p)
    better = compare_pairs(measured, [(A, BASELINE)])[0]
    assert better.interval[0] > 0
    assert better.p == pytest.approx(2 / 201), "the smallest that 200 resamples allow"


def test_more_pairs_never_lower_a_p_value(measured):
    alone = compare_pairs(measured, [(A, B)])[0]
    among = compare_pairs(measured, [(A, B), (A, BASELINE), (B, BASELINE)])[0]
    assert among.p_holm >= alone.p_holm == alone.p


def test_holms_correction_on_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_does_not_count_what_is_undefined():
    corrected = holm([0.02, float("nan"), 0.03])
    assert corrected[0] == pytest.approx(0.04)
    assert np.isnan(corrected[1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_keeps_the_order_and_stays_between_p_and_bonferroni(p_values):
    corrected = holm(p_values)
    for p, adjusted in zip(p_values, corrected, strict=True):
        assert p <= adjusted <= min(1, p * len(p_values)) + 1e-12
    assert np.all(np.diff(np.array(corrected)[np.argsort(p_values)]) >= 0)


def test_without_shared_training_data_the_t_test_is_the_paired_one():
    differences = np.array([0.02, 0.05, 0.01, 0.04])
    t, degrees, p = corrected_t_test(differences, 0.0)
    expected = stats.ttest_1samp(differences, 0)
    assert (t, p) == pytest.approx((expected.statistic, expected.pvalue))
    assert degrees == 3


def test_shared_training_data_make_the_t_test_more_careful():
    differences = np.array([0.02, 0.05, 0.03])
    t, _, p = corrected_t_test(differences, 0.5)
    variance = differences.var(ddof=1)
    assert t == pytest.approx(differences.mean() / np.sqrt((1 / 3 + 0.5) * variance))
    assert p > corrected_t_test(differences, 0.0)[2]


@pytest.mark.parametrize("differences", [[0.1], [0.1, 0.1, 0.1]])
def test_without_spread_over_folds_there_is_no_t_test(differences):
    t, _, p = corrected_t_test(np.array(differences), 0.5)
    assert np.isnan(t)
    assert np.isnan(p)


def test_the_bootstrap_p_value_is_never_zero_and_never_above_one():
    assert bootstrap_p(np.full(999, 0.1)) == pytest.approx(0.002)
    assert bootstrap_p(np.zeros(99)) == 1
    assert bootstrap_p(np.array([-1.0, 1.0, -1.0, 1.0, np.nan])) == 1
    assert np.isnan(bootstrap_p(np.array([])))


def _scored(right, repeat=1):
    """Make rows of models that are right (1) or wrong (0) on the same zones."""
    return pd.concat(
        [
            pd.DataFrame(
                {"model": model, "repeat": repeat, "truth": 2, "prediction": 1 + np.array(hits)}
            )
            for model, hits in right.items()
        ]
    )


def test_only_rows_on_which_one_alone_is_right_count():
    scored = _scored({"a": [1, 1, 1, 1, 1, 1, 0, 0], "b": [1, 0, 0, 0, 0, 0, 0, 1]})
    (test,) = mcnemar_pairs(scored, [("a", "b")])
    assert (test.rows, test.only_a, test.only_b) == (8, 5, 1)
    # both tails of a fair coin: 2 · (1 + 6) / 64
    assert test.p == pytest.approx(14 / 64)
    assert test.p_holm == test.p


def test_pairs_tested_together_are_corrected_for_their_number():
    right = {"a": [1] * 9 + [0], "b": [0] * 9 + [1], "c": [1, 0] * 5}
    among = mcnemar_pairs(_scored(right), [("a", "b"), ("a", "c"), ("b", "c")])[0]
    assert among.p == mcnemar_pairs(_scored(right), [("a", "b")])[0].p
    assert among.p_holm == pytest.approx(3 * among.p)
    assert mcnemar_pairs(_scored(right), [("a", "a")])[0].p == 1


def test_repeats_do_not_count_rows_twice():
    right = {"a": [1, 1, 1, 0], "b": [0, 0, 1, 1]}
    once = _scored(right)
    again = pd.concat([once, _scored({"a": [1] * 4, "b": [0] * 4}, repeat=2)])
    assert mcnemar_pairs(again, [("a", "b")]) == mcnemar_pairs(once, [("a", "b")])

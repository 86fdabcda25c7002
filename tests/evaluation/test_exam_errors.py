import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lusscore.evaluation.exam_errors import (
    EXAM_METRICS,
    exam_errors,
    intraclass_correlation,
    limits_of_agreement,
    rank_correlation,
)

PATIENTS = ["a", "b"]


def _exams(errors, patients, scored=12, fold=1):
    truth = 10 + 3 * np.arange(len(errors))
    return pd.DataFrame(
        {
            "repeat": 1,
            "fold": fold,
            "truth": truth,
            "prediction": truth + np.array(errors),
            "patient": patients,
            "zones_scored": scored,
            "zones_of_protocol": 12,
        }
    )


def test_errors_are_averaged_over_exams():
    found = exam_errors(_exams([2, -4, 0], ["a", "a", "b"]), PATIENTS, np.ones((1, 2)))
    assert found.exams == 3
    assert found.pooled["mean_absolute_error"] == 2
    assert found.pooled["mean_error"] == pytest.approx(-2 / 3)
    spread = np.std([2, -4, 0], ddof=1)
    assert found.pooled["limit_high"] == pytest.approx(-2 / 3 + 1.96 * spread)
    assert found.pooled["limit_low"] == pytest.approx(-2 / 3 - 1.96 * spread)
    assert tuple(found.pooled) == EXAM_METRICS
    assert found.complete == 3


def test_all_exams_of_a_patient_are_drawn_together():
    draws = np.array([[2.0, 0.0], [0.0, 2.0]])
    found = exam_errors(_exams([2, -4, 1], ["a", "a", "b"], [12, 11, 12]), PATIENTS, draws)
    low, high = found.interval["mean_absolute_error"]
    assert 1 <= low < high <= 3
    assert found.complete == 2


@pytest.mark.parametrize("patients", [["a"], PATIENTS])
def test_a_single_patient_with_exams_has_neither_interval_nor_chance(patients):
    found = exam_errors(_exams([1], ["a"]), patients, np.ones((5, len(patients))))
    assert found.interval == found.chance == {}
    assert np.isnan(found.pooled["icc"])


def test_patients_without_an_exam_are_drawn_and_count_nothing():
    draws = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [0.0, 3.0, 0.0]])
    found = exam_errors(_exams([2, 1], ["a", "c"]), ["a", "b", "c"], draws)
    low, high = found.interval["mean_absolute_error"]
    assert 1 <= low < high <= 2
    assert found.pooled["mean_absolute_error"] == 1.5


def test_a_close_model_agrees_better_than_predictions_of_other_patients():
    names = [f"p{number:02}" for number in range(20)]
    exams = _exams(np.tile([1, 0, -2, 1], 5), names, fold=np.arange(20) % 2)
    found = exam_errors(exams, names, np.ones((200, 20)), seed=1)
    assert found.pooled["icc"] > 0.9 > found.chance["icc"][1]
    assert found.pooled["rank_correlation"] > found.chance["rank_correlation"][1]
    assert found.pooled["mean_absolute_error"] < found.chance["mean_absolute_error"][0]
    low, high = found.chance["icc"]
    assert low < 0 < high
    assert exam_errors(exams, names, np.ones((200, 20)), seed=None).chance == {}


# Shrout & Fleiss 1979, table 2: six targets, four judges
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]]
)
# Bland & Altman 1986, table 1: first readings of two peak flow meters, l/min
LARGE = np.array(
    [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427.0]
)
MINI = np.array(
    [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451.0]
)

_scores = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=25)


def _once(count):
    return np.ones((1, count))


def test_the_icc_is_the_one_shrout_and_fleiss_publish():
    icc = intraclass_correlation(JUDGES, np.ones(6))
    assert round(float(icc), 2) == 0.29


def test_the_icc_of_two_equal_raters_is_one_and_falls_with_a_constant_error():
    truth = np.array([3.0, 8, 12, 1, 7])
    icc = [
        float(intraclass_correlation(np.stack([truth, truth + off], 1), np.ones(5)))
        for off in (0, 1, 4)
    ]
    assert icc[0] == pytest.approx(1)
    assert 1 > icc[1] > icc[2] > 0


def test_an_icc_of_nothing_but_one_value_is_undefined_and_of_a_constant_rater_zero():
    assert np.isnan(intraclass_correlation(np.full((4, 2), 3.0), np.ones(4)))
    assert np.isnan(intraclass_correlation(np.array([[3.0, 4.0]]), np.ones(1)))
    constant = np.stack([[1.0, 2, 3, 4], np.full(4, 2.5)], 1)
    assert intraclass_correlation(constant, np.ones(4)) == 0


def test_the_limits_of_agreement_are_the_published_ones():
    bias, low, high = limits_of_agreement(LARGE - MINI, _once(17))
    assert float(bias[0]) == pytest.approx(-2.1, abs=0.05)
    assert float(high[0] - bias[0]) / 1.96 == pytest.approx(38.8, abs=0.05)
    assert float(bias[0] - low[0]) == pytest.approx(float(high[0] - bias[0]))


@settings(deadline=None)
@given(_scores)
def test_the_rank_correlation_is_scipys(pairs):
    first, second = np.array(pairs, dtype=float).T
    found = rank_correlation(first, second, _once(len(first)))[0]
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(first, second).statistic)


@settings(deadline=None)
@given(_scores, st.integers(0, 1000))
def test_a_weight_counts_an_exam_as_often(pairs, seed):
    first, second = np.array(pairs, dtype=float).T
    weights = np.random.default_rng(seed).integers(0, 4, len(first))
    taken = np.repeat(np.arange(len(first)), weights)
    if len(taken) < 2:
        return
    both, given_weights = np.stack([first, second], 1), weights[None].astype(float)
    alike = _once(len(taken))
    repeated = first[taken], second[taken]
    pairs = (
        (intraclass_correlation(both[None], given_weights),
         intraclass_correlation(both[taken], alike[0])),
        (rank_correlation(first, second, given_weights), rank_correlation(*repeated, alike)),
        (limits_of_agreement(first - second, given_weights)[1],
         limits_of_agreement(repeated[0] - repeated[1], alike)[1]),
    )  # fmt: skip
    for one, other in pairs:
        assert np.squeeze(one) == pytest.approx(np.squeeze(other), nan_ok=True, abs=1e-6)

import numpy as np
import pandas as pd
import pytest

from lusscore.evaluation.exam_errors import EXAM_METRICS, exam_errors

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
    found = exam_errors(_exams([2, -4, 1], ["a", "a", "b"]), PATIENTS, draws)
    low, high = found.interval["mean_absolute_error"]
    assert 1 <= low < high <= 3


def test_exams_with_unscored_zones_are_not_complete():
    exams = _exams([0, 0], PATIENTS, scored=[12, 11])
    assert exam_errors(exams, PATIENTS, np.ones((1, 2))).complete == 1


def test_a_single_patient_has_neither_interval_nor_chance():
    found = exam_errors(_exams([1], ["a"]), ["a"], np.ones((1, 1)))
    assert found.interval == found.chance == {}
    assert np.isnan(found.pooled["icc"])


def test_patients_without_an_exam_are_drawn_and_count_nothing():
    draws = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [0.0, 3.0, 0.0]])
    found = exam_errors(_exams([2, 1], ["a", "c"]), ["a", "b", "c"], draws)
    low, high = found.interval["mean_absolute_error"]
    assert 1 <= low < high <= 2
    assert found.pooled["mean_absolute_error"] == 1.5


def test_one_patient_with_exams_among_several_has_no_interval():
    assert exam_errors(_exams([1], ["b"]), PATIENTS, np.ones((5, 2))).interval == {}


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

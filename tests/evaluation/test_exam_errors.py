import numpy as np
import pandas as pd

from lusscore.evaluation.exam_errors import exam_errors

PATIENTS = ["a", "b"]


def _exams(errors, patients, scored=12):
    return pd.DataFrame(
        {"error": errors, "patient": patients, "zones_scored": scored, "zones_of_protocol": 12}
    )


def test_errors_are_averaged_over_exams():
    found = exam_errors(_exams([2, -4, 0], ["a", "a", "b"]), PATIENTS, np.ones((1, 2)))
    assert found.exams == 3
    assert found.mean_absolute_error == 2
    assert found.mean_error == -2 / 3
    assert found.complete == 3


def test_all_exams_of_a_patient_are_drawn_together():
    draws = np.array([[2.0, 0.0], [0.0, 2.0]])
    found = exam_errors(_exams([2, -4, 1], ["a", "a", "b"]), PATIENTS, draws)
    low, high = found.interval
    assert 1 <= low < high <= 3


def test_exams_with_unscored_zones_are_not_complete():
    exams = _exams([0, 0], PATIENTS, scored=[12, 11])
    assert exam_errors(exams, PATIENTS, np.ones((1, 2))).complete == 1


def test_a_single_patient_has_no_interval():
    assert exam_errors(_exams([1], ["a"]), ["a"], np.ones((1, 1))).interval is None


def test_patients_without_an_exam_are_drawn_and_count_nothing():
    draws = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [0.0, 3.0, 0.0]])
    found = exam_errors(_exams([2, 1], ["a", "c"]), ["a", "b", "c"], draws)
    low, high = found.interval
    assert 1 <= low < high <= 2
    assert found.mean_absolute_error == 1.5


def test_one_patient_with_exams_among_several_has_no_interval():
    assert exam_errors(_exams([1], ["b"]), PATIENTS, np.ones((5, 2))).interval is None

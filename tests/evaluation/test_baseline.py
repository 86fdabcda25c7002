import numpy as np

from lusscore.evaluation.baseline import BASELINE, majority_predictions
from lusscore.evaluation.predictions import PROBABILITIES, predicted_scores
from lusscore.evaluation.predictions_check import check_predictions


def test_every_frame_gets_the_class_frequencies_of_the_training_side(rows):
    baseline = majority_predictions(rows, np.array([0, 0, 0, 1, 3]))
    assert set(baseline["model"]) == {BASELINE}
    assert np.allclose(baseline[list(PROBABILITIES)], [0.6, 0.2, 0.0, 0.2])
    assert set(predicted_scores(baseline[list(PROBABILITIES)].to_numpy())) == {0}


def test_frames_and_truth_stay_as_they_are(rows):
    baseline = majority_predictions(rows, np.array([2]))
    same = ["repeat", "fold", "patient", "clip", "frame", "truth"]
    assert baseline[same].equals(rows[same])
    check_predictions(baseline, "p.csv")


def test_equally_frequent_scores_give_the_higher(rows):
    baseline = majority_predictions(rows, np.array([1, 2]))
    assert set(predicted_scores(baseline[list(PROBABILITIES)].to_numpy())) == {2}

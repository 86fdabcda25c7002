import numpy as np
import pytest

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.levels import measure_level, undefined_scores
from lusscore.evaluation.predictions import read_predictions
from lusscore.evaluation.resampling import draw_patients
from run_maker import Recipe, make_run


@pytest.fixture
def measured(tmp_path):
    folder = make_run(tmp_path / "run", Recipe(capped_fold=2))
    frames = score_at(read_predictions(folder / "predictions.csv"), "frame")
    draws = draw_patients(frames["patient"].nunique(), 100, 0)
    return frames, measure_level(frames, ["xception/softmax"], draws)["xception/softmax"]


def test_every_fold_and_all_together_are_measured(measured):
    frames, result = measured
    mine = frames[frames["model"] == "xception/softmax"]
    assert result.names == ((1, 1), (1, 2), (1, 3))
    assert sum(result.rows) == len(mine)
    assert result.pooled.accuracy == pytest.approx((mine["truth"] == mine["prediction"]).mean())
    first = mine[mine["fold"] == 1]
    expected = (first["truth"] == first["prediction"]).mean()
    assert result.folds[0].accuracy == pytest.approx(expected)


def test_mean_and_spread_are_over_folds(measured):
    _, result = measured
    accuracies = [fold.accuracy for fold in result.folds]
    assert result.mean("accuracy") == pytest.approx(np.mean(accuracies))
    assert result.spread("accuracy") == pytest.approx(np.std(accuracies, ddof=1))


def test_a_fold_without_a_score_is_named_with_the_scores_it_lacks(measured):
    _, result = measured
    assert undefined_scores(result) == [(1, 2, [2, 3])]
    assert np.isnan(result.folds[1].auc[3])
    assert np.isfinite(result.mean("macro_auc"))


def test_the_pooled_value_lies_in_its_interval(measured):
    _, result = measured
    for metric, (low, high) in result.intervals().items():
        assert low <= getattr(result.pooled, metric) <= high


def test_a_single_patient_has_no_interval(rows):
    alone = score_at(rows.assign(patient="1", fold=1), "frame")
    measured = measure_level(alone, ["xception/softmax"], draw_patients(1, 100, 0))
    assert measured["xception/softmax"].intervals() == {}

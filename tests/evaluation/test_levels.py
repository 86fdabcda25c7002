import numpy as np
import pandas as pd
import pytest

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.levels import measure_level, undefined_scores
from lusscore.evaluation.predictions import read_predictions
from lusscore.evaluation.resampling import draw_patients
from run_maker import Recipe, make_run

MODEL = "xception/softmax"


@pytest.fixture
def measured(tmp_path):
    folder = make_run(tmp_path / "run", Recipe(capped_fold=2))
    frames = score_at(read_predictions(folder / "predictions.csv"), "frame")
    patients = sorted(frames["patient"].unique())
    draws = draw_patients(len(patients), 100, 0)
    return frames, measure_level(frames, [MODEL], patients, draws)[MODEL]


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
    for score in range(4):
        for metric, (low, high) in result.class_intervals(score).items():
            assert low <= getattr(result.pooled, metric)[score] <= high, (metric, score)


def test_more_frames_of_the_same_patients_narrow_no_interval(measured):
    """Frames of one patient are alike, so patients are drawn and never frames."""
    frames, result = measured
    again = [frames.assign(frame=frames["frame"] + 100 * copy) for copy in range(9)]
    patients = sorted(frames["patient"].unique())
    draws = draw_patients(len(patients), 100, 0)
    more = measure_level(pd.concat(again), [MODEL], patients, draws)[MODEL]
    assert more.rows == tuple(9 * rows for rows in result.rows)
    for metric, ends in more.intervals().items():
        assert ends == pytest.approx(result.intervals()[metric], abs=1e-9), metric
    for score in range(4):
        for metric, ends in more.class_intervals(score).items():
            expected = result.class_intervals(score)[metric]
            assert ends == pytest.approx(expected, abs=1e-9), (metric, score)


def test_a_single_patient_has_no_interval(rows):
    alone = score_at(rows.assign(patient="1", fold=1), "frame")
    measured = measure_level(alone, [MODEL], ["1"], draw_patients(1, 100, 0))
    assert measured[MODEL].intervals() == measured[MODEL].class_intervals(0) == {}


def test_a_level_without_rows_measures_nothing(rows):
    zones = score_at(rows.assign(zone=""), "zone")
    assert measure_level(zones, [MODEL], ["007", "NA"], draw_patients(2, 100, 0)) == {}


def test_patients_without_rows_at_a_level_do_not_move_its_interval(measured):
    frames, _ = measured
    zoned = frames[frames["patient"] > "104"]
    patients, all_patients = (sorted(each["patient"].unique()) for each in (zoned, frames))
    few, drawn = draw_patients(len(patients), 100, 0), np.zeros((100, len(all_patients)))
    drawn[:, -len(patients) :] = few
    alone = measure_level(zoned, [MODEL], patients, few)[MODEL]
    among_all = measure_level(zoned, [MODEL], all_patients, drawn)[MODEL]
    assert among_all.intervals() == alone.intervals()
    assert among_all.pooled.macro_auc == alone.pooled.macro_auc


def test_resamples_without_any_row_are_left_out_of_the_interval(measured):
    frames, _ = measured
    zoned = frames[frames["patient"] > "109"]
    patients = sorted(frames["patient"].unique())
    result = measure_level(zoned, [MODEL], patients, draw_patients(len(patients), 200, 0))[MODEL]
    assert 0 < np.isnan(result.resampled.overall["accuracy"]).sum() < 50
    low, high = result.intervals()["accuracy"]
    assert low <= result.pooled.accuracy <= high


def test_a_single_patient_with_rows_has_no_interval_among_others(measured):
    frames, _ = measured
    zoned = frames[frames["patient"] == "105"]
    patients = sorted(frames["patient"].unique())
    result = measure_level(zoned, [MODEL], patients, draw_patients(len(patients), 100, 0))[MODEL]
    assert result.intervals() == {}
    assert len(result.folds) == 1

import numpy as np
import pandas as pd
import pytest

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.levels import absent_scores, measure_level
from lusscore.evaluation.metrics import METRICS, draw_patients
from lusscore.evaluation.predictions import BASELINE, read_predictions
from run_maker import Recipe, make_run

MODEL = "xception/softmax"


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """Frames of a run in which fold 2 lacks the scores 2 and 3."""
    folder = make_run(tmp_path_factory.mktemp("levels") / "run", Recipe(capped_fold=2))
    return score_at(read_predictions(folder / "predictions.csv"), "frame")


def _measure(rows, patients=None, resamples=100):
    patients = sorted(rows["patient"].unique()) if patients is None else patients
    draws = draw_patients(len(patients), resamples, 0)
    return measure_level(rows, [MODEL, BASELINE], patients, draws)


def test_every_fold_and_all_together_are_measured(frames):
    result = _measure(frames)[MODEL].record
    mine = frames[frames["model"] == MODEL]
    right = mine["truth"] == mine["prediction"]
    assert result.rows == len(mine)
    assert result.pooled.accuracy == pytest.approx(right.mean())
    by_fold = right.groupby(mine["fold"]).mean()
    assert [fold.fold for fold in result.folds] == by_fold.index.tolist()
    assert [fold.accuracy for fold in result.folds] == pytest.approx(by_fold.tolist())
    assert result.mean.accuracy == pytest.approx(by_fold.mean())
    assert result.sd.accuracy == pytest.approx(np.std(by_fold, ddof=1))


def test_a_fold_without_a_score_is_named_with_the_scores_it_lacks(frames):
    measured = _measure(frames)
    (absent,) = absent_scores(measured)
    assert (absent.repeat, absent.fold, absent.scores) == (1, 2, (2, 3))
    result = measured[MODEL].record
    assert np.isnan(result.folds[1].per_class[3].auc)
    assert np.isfinite(result.mean.macro_auc)


def test_the_pooled_value_lies_in_its_interval(frames):
    result = _measure(frames)[MODEL].record
    assert set(result.interval) == set(METRICS)
    for values in (result, *result.per_class):
        for metric, (low, high) in values.interval.items():
            pooled = getattr(values, "pooled", values)
            assert low <= getattr(pooled, metric) <= high, metric


def test_more_frames_of_the_same_patients_narrow_no_interval(frames):
    """Frames of one patient are alike, so patients are drawn and never frames."""
    again = pd.concat([frames.assign(frame=frames["frame"] + 100 * copy) for copy in range(9)])
    once, more = (_measure(rows)[MODEL].record for rows in (frames, again))
    assert more.rows == 9 * once.rows
    for mine, theirs in zip((once, *once.per_class), (more, *more.per_class), strict=True):
        for metric, ends in theirs.interval.items():
            assert ends == pytest.approx(mine.interval[metric], abs=1e-9), metric


@pytest.mark.parametrize("others", [[], ["a", "b"]])
def test_a_single_patient_has_no_interval(rows, others):
    alone = score_at(rows.assign(patient="1", fold=1), "frame")
    draws = draw_patients(1 + len(others), 100, 0)
    result = measure_level(alone, [MODEL], ["1", *others], draws)[MODEL].record
    assert result.interval == result.per_class[0].interval == {}
    assert len(result.folds) == 1


def test_patients_without_rows_at_a_level_do_not_move_its_interval(frames):
    zoned = frames[frames["patient"] > "104"]
    patients, all_patients = (sorted(each["patient"].unique()) for each in (zoned, frames))
    few, drawn = draw_patients(len(patients), 100, 0), np.zeros((100, len(all_patients)))
    drawn[:, -len(patients) :] = few
    alone = measure_level(zoned, [MODEL], patients, few)[MODEL].record
    among_all = measure_level(zoned, [MODEL], all_patients, drawn)[MODEL].record
    assert among_all.interval == alone.interval
    assert among_all.pooled.macro_auc == alone.pooled.macro_auc


def test_resamples_without_any_row_are_left_out_of_the_interval(frames):
    zoned = frames[frames["patient"] > "109"]
    found = _measure(zoned, sorted(frames["patient"].unique()), 200)[MODEL]
    assert 0 < np.isnan(found.resampled["accuracy"]).sum() < 50
    low, high = found.record.interval["accuracy"]
    assert low <= found.record.pooled.accuracy <= high

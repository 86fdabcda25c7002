import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.metrics import all_metrics, draw_patients, patient_confusions
from lusscore.evaluation.predictions import read_predictions
from lusscore.evaluation.selective_risk import COVERAGES, risk_by_coverage, selective_risk


def _sure(scores, confidence):
    """Probabilities that give `scores` with that confidence and share the rest."""
    rows = np.repeat((1 - np.asarray(confidence))[:, None] / 3, 4, axis=1)
    rows[np.arange(len(scores)), scores] = confidence
    return rows


@pytest.fixture
def unsure(make_rows):
    """Ten rows of five patients; the surer half is right, the other is wrong by one."""
    prediction = [0, 1, 2, 3, 1, 1, 2, 3, 2, 0]
    truth = [*prediction[:5], 0, 1, 2, 1, 1]
    confidence = np.linspace(0.95, 0.5, 10)
    return make_rows(
        truth, _sure(prediction, confidence), prediction, patient=[0, 1, 2, 3, 0, 4, 1, 0, 2, 0]
    )


def test_the_surest_rows_are_kept(unsure):
    whole, most, half = selective_risk(unsure, (1.0, 0.8, 0.5))
    assert [each.rows for each in (whole, most, half)] == pytest.approx([10, 8, 5])
    assert [each.pooled["accuracy"] for each in (whole, most, half)] == pytest.approx(
        [0.5, 5 / 8, 1.0]
    )
    assert half.pooled["mean_absolute_error"] == 0
    assert half.pooled["quadratic_kappa"] == 1
    assert half.kept == pytest.approx((1 / 2, 2 / 5, 1 / 2, 1.0))
    assert whole.kept == pytest.approx((1, 1, 1, 1))


def test_all_rows_give_the_metrics_of_all_rows(unsure):
    (whole,) = selective_risk(unsure, (1.0,))
    metrics = all_metrics(patient_confusions(unsure).sum(0))
    assert whole.pooled == pytest.approx({name: float(metrics[name]) for name in whole.pooled})


def test_rows_of_equal_confidence_are_kept_in_equal_part(make_rows):
    rows = make_rows([0, 0, 0, 1], _sure([0, 0, 1, 1], [0.7] * 4), [0, 0, 1, 1])
    for covered in selective_risk(rows, (1.0, 0.5, 0.1)):
        assert covered.pooled["accuracy"] == pytest.approx(0.75)
        assert covered.rows == pytest.approx(4 * covered.coverage)


def test_confidence_is_that_in_the_answer_given(make_rows):
    """A rule may give another score than the most probable; then the model is not sure of it."""
    rows = make_rows([3, 0], [[0.9, 0, 0, 0.1], [0.4, 0.3, 0.2, 0.1]], [3, 0])
    (half,) = selective_risk(rows, (0.5,))
    assert half.kept == pytest.approx((1, np.nan, np.nan, 0), nan_ok=True)


def test_an_interval_is_that_of_resampled_patients(unsure):
    draws = draw_patients(5, 300, 0)
    (half,) = selective_risk(unsure, (0.5,), draws)
    low, high = half.interval["accuracy"]
    assert low <= half.pooled["accuracy"] <= high
    by_hand = []
    confidence = unsure.probabilities.max(1)
    for weights in draws:
        mine = np.repeat(np.arange(10), weights[unsure.patient].astype(int))
        right = (unsure.truth == unsure.prediction)[mine[np.argsort(-confidence[mine])]]
        wanted = len(mine) / 2
        part = np.clip(wanted - np.arange(len(mine)), 0, 1)
        by_hand.append((right * part).sum() / wanted)
    assert (low, high) == pytest.approx(tuple(np.quantile(by_hand, [0.025, 0.975])))


@settings(max_examples=25)
@given(st.data())
def test_the_order_of_rows_changes_nothing(make_rows, data):
    count = data.draw(st.integers(2, 12))
    scores = st.lists(st.integers(0, 3), min_size=count, max_size=count)
    truth, prediction = np.array(data.draw(scores)), np.array(data.draw(scores))
    tenths = st.lists(st.integers(3, 9), min_size=count, max_size=count)
    shares = _sure(prediction, np.array(data.draw(tenths)) / 10)
    order = data.draw(st.permutations(range(count)))
    one = selective_risk(make_rows(truth, shares, prediction), COVERAGES)
    other = selective_risk(make_rows(truth[order], shares[order], prediction[order]), COVERAGES)
    for mine, theirs in zip(one, other, strict=True):
        assert mine.pooled == pytest.approx(theirs.pooled, nan_ok=True)
        assert mine.kept == pytest.approx(theirs.kept, nan_ok=True)


def test_one_patient_has_no_intervals(run_folder):
    clips = score_at(read_predictions(run_folder / "predictions.csv"), "clip")
    one, model = clips[clips["patient"] == "101"], "resnet50/softmax"
    shares, _ = risk_by_coverage(one, [model], ["101"], draw_patients(1, 100, 0))[model]
    assert all(each.interval == {} for each in shares)

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc, average_precision_score, roc_auc_score

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.evaluate import roc_table
from lusscore.evaluation.metrics import measure, resampled_auc, resampled_pr_auc
from lusscore.evaluation.predictions import HeldOut, read_predictions
from run_maker import Recipe, make_run


def _random(make, seed, count, patients, folds=1):
    """Rows with many ties; each patient in one fold."""
    generator = np.random.default_rng(seed)
    patient = generator.integers(0, patients, count)
    patient[-1] = patients - 1
    return make(
        generator.integers(0, 4, count),
        generator.random((count, 4)).round(1),
        patient=patient,
        fold=patient % folds,
    )


def _once(area, rows):
    return area(rows, np.ones((1, len(rows.patients))))[0]


both = pytest.mark.parametrize(
    ("area", "sklearns"),
    [(resampled_auc, roc_auc_score), (resampled_pr_auc, average_precision_score)],
)


@both
@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), count=st.integers(8, 60), patients=st.integers(1, 6))
def test_within_one_fold_an_area_is_scikit_learns(make_rows, area, sklearns, seed, count, patients):
    rows = _random(make_rows, seed, count, patients)
    found = _once(area, rows)
    for score in range(4):
        positive = rows.truth == score
        if positive.any() and (area is resampled_pr_auc or not positive.all()):
            assert found[score] == pytest.approx(sklearns(positive, rows.probabilities[:, score]))
        else:
            assert np.isnan(found[score])


@both
def test_a_resample_is_that_of_rows_repeated_as_often_as_their_patient_was_drawn(
    held_out, area, sklearns
):
    rows = _random(held_out, 3, 80, 6)
    draws = np.random.default_rng(0).multinomial(6, np.full(6, 1 / 6), 230).astype(float)
    areas = area(rows, draws)
    for number in (0, 120, 229):
        taken = np.repeat(np.arange(80), draws[number][rows.patient].astype(int))
        for score in range(4):
            expected = sklearns(rows.truth[taken] == score, rows.probabilities[taken, score])
            assert areas[number, score] == pytest.approx(expected)


@both
def test_rows_of_different_folds_are_never_ranked_against_each_other(held_out, area, sklearns):
    rows = _random(held_out, 5, 120, 9, folds=3)
    moved = replace(rows, probabilities=rows.probabilities + rows.fold[:, None] * 10)
    assert np.allclose(_once(area, rows), _once(area, moved))


def test_folds_weigh_by_how_often_they_have_the_score(held_out):
    probabilities = np.zeros((6, 4))
    probabilities[:, 1] = [0.9, 0.1, 0.2, 0.9, 0.8, 0.1]
    rows = held_out(
        [1, 0, 0, 1, 1, 0], probabilities, patient=[0, 0, 0, 1, 1, 1], fold=[0, 0, 0, 1, 1, 1]
    )
    assert _once(resampled_pr_auc, rows)[1] == pytest.approx(1)
    worse = replace(rows, truth=np.array([0, 1, 0, 1, 1, 0]))
    assert _once(resampled_pr_auc, worse)[1] == pytest.approx((1 / 3 + 1 + 1) / 3)


def test_constant_probabilities_give_one_half_and_the_share_of_the_score(held_out):
    truth = np.tile([0, 1, 2, 3], 6)
    fold = np.repeat([0, 1], 12)
    constant = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]])[fold]
    assert np.allclose(
        _once(resampled_auc, held_out(truth, constant, patient=fold, fold=fold)), 0.5
    )
    rows = held_out([0, 0, 0, 1], np.full((4, 4), 0.25))
    assert _once(resampled_pr_auc, rows)[:2] == pytest.approx([0.75, 0.25])


@pytest.fixture
def frames(tmp_path):
    folder = make_run(tmp_path / "run", Recipe(capped_fold=2))
    return score_at(read_predictions(folder / "predictions.csv"), "frame")


def test_roc_curves_are_on_the_grid_rise_to_one_and_have_the_auc_as_their_area(frames):
    table = roc_table(frames, ["xception/softmax", "resnet50/softmax"])
    for _, curve in table.groupby(["model", "repeat", "fold", "score"]):
        assert curve["false_positive_rate"].tolist() == np.linspace(0, 1, 101).tolist()
        assert (np.diff(curve["true_positive_rate"]) >= 0).all()
        assert curve["true_positive_rate"].iloc[-1] == 1
    assert set(table.loc[table["fold"] == 2, "score"]) == {0, 1}, "fold 2 lacks the others"
    rows = frames[frames["model"] == "xception/softmax"]
    expected = measure(HeldOut.of(rows, sorted(rows["patient"].unique())).by_fold()[0])["auc"][0]
    first = table[(table["model"] == "xception/softmax") & (table["fold"] == 1)]
    for score, curve in first.groupby("score"):
        area = auc(curve["false_positive_rate"], curve["true_positive_rate"])
        assert area == pytest.approx(expected[score], abs=0.02)

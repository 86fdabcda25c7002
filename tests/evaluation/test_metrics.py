from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    auc,
    average_precision_score,
    cohen_kappa_score,
    confusion_matrix,
    mean_absolute_error,
    precision_recall_fscore_support,
    roc_auc_score,
)

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.evaluate import roc_table
from lusscore.evaluation.levels import reliability
from lusscore.evaluation.metrics import (
    BINS,
    CLASS_METRICS,
    METRICS,
    all_metrics,
    calibration_error,
    confidence_bin,
    draw_patients,
    interval,
    measure,
    metric_interval,
    patient_bins,
    patient_confusions,
    per_class,
    ratio,
    resampled_auc,
    resampled_pr_auc,
)
from lusscore.evaluation.predictions import HeldOut, read_predictions
from run_maker import Recipe, make_run

_pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


def test_metrics_are_scikit_learns(held_out):
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 4, 300)
    shares = generator.dirichlet([1, 1, 1, 1], 300) + np.eye(4)[truth] * 0.3
    shares /= shares.sum(1, keepdims=True)
    rows = held_out(truth, shares, patient=generator.integers(0, 9, 300))
    found = measure(rows)
    expected = {
        **_of_confusion(truth, rows.prediction),
        "macro_auc": roc_auc_score(truth, shares, multi_class="ovr", average="macro"),
        "macro_pr_auc": average_precision_score(np.eye(4)[truth], shares, average="macro"),
        "brier": np.square(shares - np.eye(4)[truth]).sum(1).mean(),
        "auc": roc_auc_score(truth, shares, multi_class="ovr", average=None),
        "pr_auc": average_precision_score(np.eye(4)[truth], shares, average=None),
    }
    assert set(found) - set(expected) == {"calibration_error"}
    for name, value in expected.items():
        assert found[name][0] == pytest.approx(value, abs=1e-12), name
    matrices = patient_confusions(rows)
    assert matrices.shape == (9, 4, 4)
    assert np.array_equal(matrices.sum(0), confusion_matrix(truth, rows.prediction))


def _of_confusion(truth, prediction):
    """What scikit-learn makes of truth and prediction; NaN where the truth lacks a score."""
    present, classes = np.unique(truth), range(4)
    each = precision_recall_fscore_support(truth, prediction, labels=classes, zero_division=0.0)
    lacking = np.where(np.isin(classes, present), 0, np.nan)
    macro = [values[present].mean() for values in each[:3]]
    constant = len(np.union1d(truth, prediction)) == 1
    kappa = (
        np.nan
        if constant
        else cohen_kappa_score(truth, prediction, labels=classes, weights="quadratic")
    )
    return {
        "accuracy": accuracy_score(truth, prediction),
        "balanced_accuracy": macro[1],
        "macro_precision": macro[0],
        "macro_recall": macro[1],
        "macro_f1": macro[2],
        "quadratic_kappa": kappa,
        "mean_absolute_error": mean_absolute_error(truth, prediction),
        "within_one": np.mean(np.abs(truth - prediction) <= 1),
        "precision": each[0] + lacking,
        "recall": each[1] + lacking,
        "f1": each[2] + lacking,
    }


@settings(deadline=None)
@given(_pairs)
def test_every_metric_of_a_confusion_matrix_equals_scikit_learns(pairs):
    truth, prediction = np.array(pairs).T
    matrix = confusion_matrix(truth, prediction, labels=range(4)).astype(float)
    found = {**all_metrics(matrix), **per_class(matrix)}
    for name, value in _of_confusion(truth, prediction).items():
        assert found[name] == pytest.approx(value, nan_ok=True), name


def test_a_score_the_truth_lacks_is_undefined_and_left_out_of_macro_values(held_out):
    metrics = measure(held_out([0, 0, 1, 1], prediction=[0, 0, 1, 3]))
    for name in CLASS_METRICS:
        assert np.isnan(metrics[name][:, 2:]).all()
    assert metrics["macro_recall"] == pytest.approx((1 + 0.5) / 2)
    assert metrics["macro_precision"] == pytest.approx(1)
    assert metrics["macro_auc"] == pytest.approx((1 + 0.75) / 2)


def test_one_score_alone_leaves_kappa_and_auc_undefined_and_a_constant_has_kappa_zero(held_out):
    metrics = measure(held_out([2, 2, 2]))
    assert metrics["accuracy"] == 1
    assert np.isnan([metrics["quadratic_kappa"], metrics["macro_auc"]]).all()
    assert measure(held_out([0, 1, 2, 3], prediction=[1, 1, 1, 1]))["quadratic_kappa"] == 0


def test_many_matrices_at_once_equal_one_by_one_and_an_empty_one_is_undefined():
    matrices = np.random.default_rng(0).integers(0, 9, (50, 4, 4)).astype(float)
    single = [all_metrics(matrix) for matrix in matrices]
    for name, values in all_metrics(matrices).items():
        assert np.allclose(values, [each[name] for each in single]), name
    assert all(np.isnan(value) for value in all_metrics(np.zeros((4, 4))).values())


@pytest.mark.parametrize("rest", [0, 1e-12, -1e-12, -1.0])
def test_nothing_divided_by_nothing_or_by_what_rounding_leaves_of_it_is_undefined(rest):
    found = ratio(np.array([1, 0, 3]), np.array([2, rest, rest]))
    assert found[0] == 0.5
    assert np.isnan(found[1:]).all()
    assert ratio(np.ones((3, 1)), np.full(4, 2.0)).shape == (3, 4)


def test_the_calibration_error_of_a_worked_example(held_out):
    shares = [[0.75, 0.25, 0, 0]] * 4 + [[0, 0.45, 0.55, 0]] * 4
    rows = held_out([0, 0, 0, 0, 2, 1, 1, 1], shares)
    # four rows of confidence 0.75, all right; four of 0.55, one right
    assert measure(rows)["calibration_error"] == pytest.approx((4 * 0.25 + 4 * 0.3) / 8)
    rows = held_out([0, 0, 0, 1], [[0.75, 0.25, 0, 0]] * 4)
    assert measure(rows)["calibration_error"] == pytest.approx(0)
    assert np.isnan(calibration_error(np.zeros(BINS), np.zeros(BINS)))


def test_confidence_is_that_of_the_predicted_score_even_where_another_is_more_probable(held_out):
    rows = held_out([1, 1], [[0.6, 0.35, 0.05, 0]] * 2)
    by_majority = replace(rows, prediction=np.array([1, 1]))
    assert patient_bins(by_majority)[1].sum() == pytest.approx(0.7)
    assert measure(by_majority)["calibration_error"] == pytest.approx(1 - 0.35)


def test_every_confidence_has_a_bin():
    edges = confidence_bin(np.array([0.0, 0.0999, 0.1, 0.95, 1.0]))
    assert edges.tolist() == [0, 0, 1, 9, 9]


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


def test_a_resample_equals_the_metric_of_rows_repeated_by_patient(held_out):
    rows = _random(held_out, 3, 200, 20, folds=3)
    draws = draw_patients(20, 130, 0)
    assert (draws.sum(1) == 20).all()
    assert not np.array_equal(draws, draw_patients(20, 130, 1))
    resampled = measure(rows, draws)
    assert set(resampled) == {*METRICS, *CLASS_METRICS}
    for number in (0, 99, 129):
        taken = np.repeat(np.arange(200), draws[number][rows.patient].astype(int))
        names = ("truth", "prediction", "probabilities", "patient", "fold")
        repeated = replace(rows, **{name: getattr(rows, name)[taken] for name in names})
        for metric, values in measure(repeated).items():
            assert resampled[metric][number] == pytest.approx(values[0], nan_ok=True), metric


def test_an_interval_holds_95_of_100_values_and_leaves_out_what_is_undefined_until_it_is_half():
    assert interval(np.arange(1001.0)) == pytest.approx((25, 975))
    assert interval(np.array([1.0, 1.0, 1.0, np.nan])) == (1, 1)
    assert interval(np.array([1.0, np.nan])) is None
    assert interval(np.array([])) is None


def test_two_leaning_metrics_have_intervals_that_hold_their_value_and_lie_lower():
    resampled = np.linspace(0.55, 0.75, 201)
    low, high = metric_interval("macro_pr_auc", resampled, 0.6)
    assert (low, high) == pytest.approx((1.2 - 0.745, 1.2 - 0.555))
    low, high = metric_interval("macro_pr_auc", resampled, 0.5)
    assert high == 0.5
    assert metric_interval("calibration_error", resampled, 0.5) == pytest.approx((0.5, 0.745))
    assert metric_interval("accuracy", resampled, 0.5) == interval(resampled)
    assert metric_interval("macro_pr_auc", np.array([np.nan]), 0.5) is None


@pytest.fixture
def binned_rows(held_out):
    shares = [[0.75, 0.25, 0, 0]] * 8 + [[0, 0.45, 0.55, 0]] * 2
    return held_out([0, 0, 1, 0, 0, 0, 1, 1, 2, 2], shares, patient=[0] * 4 + [1] * 6)


def test_bins_hold_what_was_said_and_what_came_true(binned_rows):
    low, high = reliability(binned_rows, None)
    assert (low.low, low.high, low.rows) == (0.5, 0.6, 2)
    assert (low.confidence, low.accuracy) == pytest.approx((0.55, 1))
    assert (high.low, high.rows) == (0.7, 8)
    assert (high.confidence, high.accuracy) == pytest.approx((0.75, 5 / 8))
    assert low.interval is None


def test_a_bins_interval_is_over_patients_and_a_single_patient_has_none(binned_rows):
    low, high = reliability(binned_rows, draw_patients(2, 400, 0))
    assert low.interval is None, "both rows are of one patient"
    assert high.interval == pytest.approx((0.5, 0.75))


def test_bins_sum_to_all_rows(held_out):
    generator = np.random.default_rng(0)
    many = held_out(generator.integers(0, 4, 200), generator.dirichlet(np.ones(4), 200))
    bins = reliability(many, None)
    assert sum(each.rows for each in bins) == 200
    right = sum(each.rows * each.accuracy for each in bins)
    assert right == pytest.approx((many.truth == many.prediction).sum())
    assert all(each.low <= each.confidence <= each.high for each in bins)

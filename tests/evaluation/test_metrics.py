from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    auc,
    average_precision_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    mean_absolute_error,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
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
    mean_over_defined,
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
    prediction, metrics = rows.prediction, measure(rows)
    each = precision_recall_fscore_support(truth, prediction)
    one_vs_rest = {"multi_class": "ovr", "average": None}
    expected = {
        "accuracy": accuracy_score(truth, prediction),
        "balanced_accuracy": balanced_accuracy_score(truth, prediction),
        "macro_precision": precision_score(truth, prediction, average="macro"),
        "macro_recall": recall_score(truth, prediction, average="macro"),
        "macro_f1": f1_score(truth, prediction, average="macro"),
        "macro_auc": roc_auc_score(truth, shares, multi_class="ovr", average="macro"),
        "macro_pr_auc": average_precision_score(np.eye(4)[truth], shares, average="macro"),
        "quadratic_kappa": cohen_kappa_score(truth, prediction, weights="quadratic"),
        "mean_absolute_error": mean_absolute_error(truth, prediction),
        "within_one": np.mean(np.abs(truth - prediction) <= 1),
        "brier": np.square(shares - np.eye(4)[truth]).sum(1).mean(),
        "precision": each[0],
        "recall": each[1],
        "f1": each[2],
        "auc": roc_auc_score(truth, shares, **one_vs_rest),
        "pr_auc": average_precision_score(np.eye(4)[truth], shares, average=None),
    }
    assert set(metrics) - set(expected) == {"calibration_error"}
    for name, value in expected.items():
        assert metrics[name][0] == pytest.approx(value, abs=1e-12), name
    matrices = patient_confusions(rows)
    assert matrices.shape == (9, 4, 4)
    assert np.array_equal(matrices.sum(0), confusion_matrix(truth, prediction))


def test_a_score_the_truth_lacks_is_undefined_and_left_out_of_macro_values(held_out):
    metrics = measure(held_out([0, 0, 1, 1], prediction=[0, 0, 1, 3]))
    for name in CLASS_METRICS:
        assert np.isnan(metrics[name][:, 2:]).all()
    assert metrics["macro_recall"] == pytest.approx((1 + 0.5) / 2)
    assert metrics["macro_precision"] == pytest.approx(1)
    assert metrics["macro_auc"] == pytest.approx((1 + 0.75) / 2)


def test_a_score_that_is_never_predicted_has_precision_zero(held_out):
    metrics = measure(held_out([0, 0, 1], prediction=[0, 0, 0]))
    assert metrics["precision"][0, 1] == metrics["f1"][0, 1] == 0
    assert metrics["macro_precision"] == pytest.approx((2 / 3 + 0) / 2)


def test_one_score_alone_leaves_kappa_and_auc_undefined_and_a_constant_has_kappa_zero(held_out):
    metrics = measure(held_out([2, 2, 2]))
    assert metrics["accuracy"] == 1
    assert np.isnan([metrics["quadratic_kappa"], metrics["macro_auc"]]).all()
    assert measure(held_out([0, 1, 2, 3], prediction=[1, 1, 1, 1]))["quadratic_kappa"] == 0


@settings(deadline=None)
@given(_pairs)
def test_every_metric_of_a_confusion_matrix_equals_scikit_learns(pairs):
    truth, prediction = np.array(pairs).T
    present = np.unique(truth)
    matrix = confusion_matrix(truth, prediction, labels=range(4)).astype(float)
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, prediction, labels=present, average="macro", zero_division=0.0
    )
    expected = {
        "accuracy": accuracy_score(truth, prediction),
        "balanced_accuracy": recall,
        "macro_precision": precision,
        "macro_recall": recall,
        "macro_f1": f1,
        "quadratic_kappa": cohen_kappa_score(
            truth, prediction, labels=range(4), weights="quadratic"
        )
        if len(np.union1d(truth, prediction)) > 1
        else np.nan,
        "mean_absolute_error": mean_absolute_error(truth, prediction),
        "within_one": (np.abs(truth - prediction) <= 1).mean(),
    }
    found = {name: float(value) for name, value in all_metrics(matrix).items()}
    assert found == pytest.approx(expected, nan_ok=True)
    each = precision_recall_fscore_support(truth, prediction, labels=range(4), zero_division=0.0)
    for name, values in zip(("precision", "recall", "f1"), each, strict=False):
        own = per_class(matrix)[name]
        assert own[present] == pytest.approx(values[present])
        assert np.isnan(np.delete(own, present)).all()


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


def test_the_mean_leaves_out_what_is_undefined():
    mean = mean_over_defined(np.array([[1.0, np.nan, 0.5, np.nan], [np.nan] * 4]))
    assert mean[0] == 0.75
    assert np.isnan(mean[1])


def test_the_brier_score_is_0_for_the_truth_and_2_for_certain_error(held_out):
    assert measure(held_out([0, 3], prediction=[0, 3]))["brier"] == 0
    assert measure(held_out([0, 3], prediction=[3, 0]))["brier"] == 2


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


def _rows(held_out, patients=20, each=15, spread=0.0):
    """Rows whose accuracy varies between patients by `spread`."""
    generator = np.random.default_rng(2)
    patient = np.repeat(np.arange(patients), each)
    truth = generator.integers(0, 4, len(patient))
    skill = np.clip(0.6 + generator.normal(0, spread, patients), 0, 1)[patient]
    right = generator.random(len(patient)) < skill
    prediction = np.where(right, truth, (truth + 1) % 4)
    return held_out(truth, prediction=prediction, patient=patient)


def test_every_resample_holds_as_many_patients_as_the_cohort():
    draws = draw_patients(13, 200, seed=1)
    assert draws.shape == (200, 13)
    assert (draws.sum(1) == 13).all()
    assert np.array_equal(draws, draw_patients(13, 200, 1))
    assert not np.array_equal(draws, draw_patients(13, 200, 2))


def test_a_resample_equals_the_metric_of_rows_repeated_by_patient(held_out):
    rows = _rows(held_out)
    draws = draw_patients(20, 5, 0)
    resampled = measure(rows, draws)
    for number, draw in enumerate(draws):
        taken = np.repeat(np.arange(len(rows.truth)), draw[rows.patient].astype(int))
        truth, prediction = rows.truth[taken], rows.prediction[taken]
        assert resampled["accuracy"][number] == pytest.approx(np.mean(truth == prediction))
        expected = f1_score(truth, prediction, average="macro")
        assert resampled["macro_f1"][number] == pytest.approx(expected)
        repeated = replace(
            rows,
            truth=truth,
            prediction=prediction,
            probabilities=rows.probabilities[taken],
            patient=rows.patient[taken],
            fold=rows.fold[taken],
        )
        assert set(resampled) == {*METRICS, *CLASS_METRICS}
        expected = measure(repeated)
        for metric, values in resampled.items():
            assert values[number] == pytest.approx(expected[metric][0]), metric


def test_patients_that_differ_widen_the_interval(held_out):
    draws = draw_patients(20, 400, 0)
    alike = interval(measure(_rows(held_out, spread=0.0), draws)["accuracy"])
    unlike = interval(measure(_rows(held_out, spread=0.4), draws)["accuracy"])
    assert unlike[1] - unlike[0] > 2 * (alike[1] - alike[0])


def test_an_interval_holds_95_of_100_values():
    low, high = interval(np.arange(1001.0))
    assert (low, high) == pytest.approx((25, 975))


def test_undefined_resamples_are_left_out_until_they_are_half():
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

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss

from lusscore.heads.platt import Decisions, Platt, fit_platt, inner_folds
from lusscore.heads.svm import SvmHead


def test_no_patient_is_on_both_sides_and_every_side_has_all_classes() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 12, 300)
    classes = groups % 4
    seen = []
    for fitted, held_out in inner_folds(classes, groups, 5, 0):
        assert not set(groups[fitted]) & set(groups[held_out])
        assert set(classes[fitted]) == {0, 1, 2, 3}
        seen.append(held_out)
    assert sorted(np.concatenate(seen)) == list(range(300))


def test_a_class_of_one_patient_is_never_missing_where_a_machine_is_fitted() -> None:
    groups = np.repeat(np.arange(8), 10)
    classes = np.where(groups == 7, 2, groups % 2)
    for fitted, held_out in inner_folds(classes, groups, 5, 0):
        assert 7 in groups[fitted]
        assert 7 not in groups[held_out]


@pytest.mark.parametrize("seed", range(10))
def test_patients_are_put_in_another_order_where_the_first_leaves_no_division(seed: int) -> None:
    """Two of five patients alone have classes 0 and 2, so that most orders leave none."""
    of_each = [[2, 3], [0, 0], [3], [3, 1], [3, 1]]
    classes = np.concatenate([np.repeat(own, 5) for own in of_each])
    groups = np.concatenate([[patient] * 5 * len(own) for patient, own in enumerate(of_each)])
    divisions = list(inner_folds(classes, groups, 5, seed))
    assert divisions
    for fitted, held_out in divisions:
        assert set(classes[fitted]) == {0, 1, 2, 3}
        assert not set(groups[fitted]) & set(groups[held_out])


def test_the_sigmoid_gives_back_the_probabilities_that_drew_the_classes() -> None:
    rng = np.random.default_rng(0)
    decision = rng.normal(0, 2, 5000)
    p = 1 / (1 + np.exp(-1.5 * decision + 0.5))
    y = (rng.random(5000) < p).astype(int)
    both = np.stack([-decision, decision], axis=1)
    found = fit_platt(both, y, np.ones(5000)).probabilities(both)
    np.testing.assert_allclose(found[:, 1], p, atol=0.03)


def test_a_class_that_no_row_has_keeps_its_column_and_gets_nothing() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    decisions = np.eye(3)[y] * 2 - 1 + rng.normal(0, 1, (200, 3))
    probabilities = fit_platt(decisions, y, np.ones(200)).probabilities(decisions)
    assert probabilities.shape == (200, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities[:, 2] == 0).all()


def test_without_patients_frames_alike_make_it_too_sure() -> None:
    """Frames of a patient are nearly the same: apart, its patients tell the true uncertainty."""
    rng = np.random.default_rng(0)

    def draw(patients: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        groups = np.repeat(np.arange(patients), 20)
        y = rng.permutation(patients) % 2
        centres = rng.normal(size=(patients, 60)) + y[:, None] * 0.15
        return centres[groups] + rng.normal(0, 0.05, (patients * 20, 60)), y[groups], groups

    X, y, groups = draw(24)
    test, truth, _ = draw(60)
    grouped = SvmHead(tol=1e-3).fit(X, y, groups=groups).predict_proba(test)
    alone = SvmHead(tol=1e-3).fit(X, y).predict_proba(test)
    assert log_loss(truth, grouped) < log_loss(truth, alone)
    assert grouped.max(axis=1).mean() < alone.max(axis=1).mean()


def test_what_cannot_be_calibrated_is_refused() -> None:
    X = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(ValueError, match="label more patients"):
        SvmHead().fit(X, np.repeat([0, 1], 10), groups=np.repeat([0, 1], 10))


def drawn(classes: int, rows: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Decision values that tell a class somewhat, the classes, and unlike weights."""
    rng = np.random.default_rng(classes)
    y = rng.integers(0, classes, rows)
    decisions = np.eye(classes)[y] * 1.5 - 1 + rng.normal(0, 1, (rows, classes))
    return decisions, y, rng.uniform(0.5, 2, rows)


@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not:UserWarning")
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_it_is_scikit_learns_calibrated_classifier(classes: int) -> None:
    decisions, y, weights = drawn(classes)
    frozen = FrozenEstimator(Decisions().fit(decisions, y))
    theirs = CalibratedClassifierCV(frozen, method="sigmoid").fit(decisions, y, weights)
    ours = fit_platt(decisions, y, weights)
    assert len(ours.slopes) == (1 if classes == 2 else classes)
    more = np.concatenate([decisions, 5 * decisions])
    np.testing.assert_allclose(ours.probabilities(more), theirs.predict_proba(more), atol=1e-12)
    # weights count, or the comparison would say little
    assert np.abs(fit_platt(decisions, y, np.ones(len(y))).slopes - ours.slopes).max() > 1e-3


@pytest.mark.parametrize("classes", [2, 4])
def test_each_row_sums_to_1_even_where_no_class_wants_it(classes: int) -> None:
    sigmoids = 1 if classes == 2 else classes
    platt = Platt(np.arange(classes), np.full(sigmoids, -1.0), np.zeros(sigmoids))
    found = platt.probabilities(np.array([[-1e6] * classes, [0.0] * classes]))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert np.isfinite(found).all()
    if classes > 2:
        np.testing.assert_array_equal(found[0], np.full(classes, 1 / classes))


def test_linear_decisions_give_linear_log_odds() -> None:
    rng = np.random.default_rng(0)
    x, weights, bias = rng.normal(size=(50, 5)), rng.normal(size=(5, 3)), rng.normal(size=3)
    decisions = x @ weights + bias
    two = Platt(np.array([0, 2]), np.array([-1.5]), np.array([0.25]))
    odds, offsets = two.logits(weights, bias)
    np.testing.assert_allclose(
        softmax(x @ odds + offsets, axis=1), two.probabilities(decisions), atol=1e-12
    )
    every = Platt(np.arange(3), np.array([-1.5, -2.0, -0.5]), np.array([0.25, 0.0, 1.0]))
    odds, offsets = every.logits(weights, bias)
    own = 1 / (1 + np.exp(-(x @ odds + offsets)))
    np.testing.assert_allclose(
        own / own.sum(axis=1, keepdims=True), every.probabilities(decisions), atol=1e-12
    )

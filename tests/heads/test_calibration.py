import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from lusscore.errors import HeadError
from lusscore.heads import Temperature
from lusscore.heads.svm import Platt, SvmHead, inner_folds


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


class Decisions(ClassifierMixin, BaseEstimator):
    """Passes decision values on, so that scikit-learn calibrates them."""

    def fit(self, X, y):  # type: ignore[no-untyped-def]
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):  # type: ignore[no-untyped-def]
        return X[:, 1] if len(self.classes_) == 2 else X

    def predict(self, X):  # type: ignore[no-untyped-def]
        return self.classes_[X.argmax(axis=1)]


@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not:UserWarning")
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_it_is_scikit_learns_calibrated_classifier(classes: int) -> None:
    decisions, y, weights = drawn(classes)
    frozen = FrozenEstimator(Decisions().fit(decisions, y))
    theirs = CalibratedClassifierCV(frozen, method="sigmoid").fit(decisions, y, weights)
    ours = Platt.fit(decisions, y, weights)
    assert len(ours.slopes) == (1 if classes == 2 else classes)
    more = np.concatenate([decisions, 5 * decisions])
    np.testing.assert_allclose(ours.probabilities(more), theirs.predict_proba(more), atol=1e-12)
    # weights count, or the comparison would say little
    assert np.abs(Platt.fit(decisions, y, np.ones(len(y))).slopes - ours.slopes).max() > 1e-3


def test_each_row_sums_to_1_even_where_no_class_wants_it_and_absent_classes_get_0() -> None:
    for present in ([0, 2], [0, 1, 2], [0, 1, 3]):
        sigmoids = 1 if len(present) == 2 else len(present)
        platt = Platt(np.array(present), np.full(sigmoids, -1.0), np.zeros(sigmoids))
        found = platt.probabilities(np.array([[-1e6] * 4, [0.0] * 4]))
        np.testing.assert_allclose(found.sum(axis=1), 1)
        assert (np.delete(found, present, axis=1) == 0).all()


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


_weights = st.lists(st.integers(0, 99), min_size=4, max_size=4).filter(any)
probabilities = st.lists(_weights, min_size=1, max_size=8).map(
    lambda rows: np.array(rows) / np.sum(rows, axis=1, keepdims=True)
)
temperatures = st.floats(0.05, 20)


def _drawn(logits, generator):
    """Classes drawn by the probabilities that `logits` give."""
    below = softmax(logits, axis=1).cumsum(1)
    return (generator.random((len(logits), 1)) > below[:, :-1]).sum(1)


@settings(max_examples=50)
@given(probabilities, temperatures)
def test_the_most_probable_stays_the_most_probable_and_rows_sum_to_1(given_rows, value):
    scaled = Temperature(value).apply(given_rows)
    assert np.allclose(scaled.sum(1), 1)
    for before, after in zip(given_rows, scaled, strict=True):
        order = np.argsort(before, kind="stable")
        assert (np.diff(after[order]) >= -1e-12).all()
        assert (after[before == 0] == 0).all()
        assert after[before.argmax()] == after.max()


@settings(max_examples=50)
@given(probabilities, st.floats(0.3, 3), st.floats(0.3, 3))
def test_one_temperature_after_another_is_their_product(given_rows, first, second):
    twice = Temperature(second).apply(Temperature(first).apply(given_rows))
    assert np.allclose(twice, Temperature(first * second).apply(given_rows), atol=1e-9)


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found_again(true):
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (20_000, 4))
    classes = _drawn(logits, generator)
    found = Temperature.fit(softmax(logits * true, axis=1), classes)
    assert found.value == pytest.approx(true, rel=0.05)
    assert np.allclose(
        found.apply(softmax(logits * true, axis=1)), softmax(logits, axis=1), atol=0.03
    )


def test_a_row_that_was_held_impossible_counts_for_nothing_and_extremes_are_bounded():
    given_rows = np.array([[0.9, 0.1, 0, 0], [0.6, 0.4, 0, 0], [0.9, 0.1, 0, 0]])
    with_it = Temperature.fit(given_rows, np.array([1, 0, 3]))
    assert with_it == Temperature.fit(given_rows[:2], np.array([1, 0]))
    for own, bound in ((0, 0.05), (1, 20)):
        found = Temperature.fit(given_rows, np.full(3, own))
        assert found.value == pytest.approx(bound, rel=1e-3)


def test_what_cannot_be_fitted_is_refused():
    for rows, classes in ((np.zeros((0, 4)), np.zeros(0, int)), (np.eye(4)[[0]], np.array([1]))):
        with pytest.raises(HeadError, match="without a row"):
            Temperature.fit(rows, classes)
    with pytest.raises(HeadError, match=r"Temperature 0\.0 is not possible"):
        Temperature(0.0)

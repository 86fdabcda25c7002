import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lusscore.errors import HeadError
from lusscore.heads.temperature import HIGHEST, LOWEST, Temperature

_weights = st.lists(st.integers(0, 99), min_size=4, max_size=4).filter(any)
probabilities = st.lists(_weights, min_size=1, max_size=8).map(
    lambda rows: np.array(rows) / np.sum(rows, axis=1, keepdims=True)
)
temperatures = st.floats(LOWEST, HIGHEST)


def _softmax(logits):
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


def _drawn(logits, generator):
    """Classes drawn by the probabilities that `logits` give."""
    below = _softmax(logits).cumsum(1)
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
@given(probabilities)
def test_a_temperature_of_1_changes_nothing(given_rows):
    assert np.allclose(Temperature().apply(given_rows), given_rows, atol=1e-12)


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
    found = Temperature.fit(_softmax(logits * true), classes)
    assert found.value == pytest.approx(true, rel=0.05)
    assert np.allclose(found.apply(_softmax(logits * true)), _softmax(logits), atol=0.03)


def test_no_temperature_is_likelier_than_the_one_found():
    generator = np.random.default_rng(1)
    given_rows = _softmax(generator.normal(0, 3, (200, 4)))
    classes = _drawn(generator.normal(0, 1, (200, 4)), generator)

    def likelihood(temperature):
        return np.log(temperature.apply(given_rows)[np.arange(200), classes]).sum()

    best = likelihood(Temperature.fit(given_rows, classes))
    assert all(best >= likelihood(Temperature(value)) - 1e-6 for value in np.geomspace(0.1, 15, 40))


def test_weights_count_rows_as_often():
    generator = np.random.default_rng(2)
    logits = generator.normal(0, 3, (60, 4))
    given_rows, classes = _softmax(logits), _drawn(logits / 2, generator)
    weights = generator.integers(0, 4, 60)
    repeated = np.repeat(np.arange(60), weights)
    weighed = Temperature.fit(given_rows, classes, weights)
    assert weighed.value != pytest.approx(Temperature.fit(given_rows, classes).value, rel=0.01)
    assert weighed.value == pytest.approx(
        Temperature.fit(given_rows[repeated], classes[repeated]).value, rel=1e-4
    )


def test_a_row_that_was_held_impossible_counts_for_nothing():
    given_rows = np.array([[0.9, 0.1, 0, 0], [0.6, 0.4, 0, 0], [0.9, 0.1, 0, 0]])
    with_it = Temperature.fit(given_rows, [1, 0, 3])
    assert with_it == Temperature.fit(given_rows[:2], [1, 0])


def test_what_is_always_right_is_bounded():
    given_rows = np.array([[0.6, 0.4, 0, 0]] * 5)
    assert Temperature.fit(given_rows, [0] * 5).value == pytest.approx(LOWEST, rel=1e-3)
    assert Temperature.fit(given_rows, [1] * 5).value == pytest.approx(HIGHEST, rel=1e-3)


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(HeadError, match=r"shape \(2, 4\), classes of shape \(3,\)"):
        Temperature.fit(np.full((2, 4), 0.25), [0, 1, 2])
    with pytest.raises(HeadError, match="without a row"):
        Temperature.fit(np.zeros((0, 4)), np.zeros(0, int))
    with pytest.raises(HeadError, match="without a row"):
        Temperature.fit(np.eye(4)[[0]], [1])
    with pytest.raises(HeadError, match=r"Temperature 0\.0 is not possible"):
        Temperature(0.0)

import numpy as np
import pytest

from lusscore.heads import make_head
from lusscore.heads.row_space import fit_penalised_scaling
from lusscore.heads.scaling import fit_scaling


def few(rows: int, dim: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(3, 2, (rows, dim)).astype(np.float32)


def test_turned_examples_keep_all_their_distances_in_fewer_numbers() -> None:
    frames = few(20, 300)
    turned, plain = fit_penalised_scaling(frames, 0, 0), fit_scaling(frames)
    assert turned.size == 19  # the mean is taken away
    ours, theirs = turned.apply(frames), plain.apply(frames)
    np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-3)


def test_examples_that_are_alike_give_no_directions_of_rounding() -> None:
    frames = np.repeat(few(8, 300), 3, axis=0)
    assert fit_penalised_scaling(frames, 0, 0).size == 7
    assert fit_penalised_scaling(np.ones((5, 40), np.float32), 0, 0).directions is None


def test_many_examples_and_whitened_components_are_left_as_they_are() -> None:
    assert fit_penalised_scaling(few(30, 40), 0, 0).directions is None
    assert fit_penalised_scaling(few(1030, 2100), 0, 0).directions is None
    assert fit_penalised_scaling(few(20, 300), 5, 0).size == 5


@pytest.mark.parametrize("name", ["logistic", "ordinal", "svm"])
def test_the_answers_are_those_of_a_fit_on_all_numbers(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, test = few(60, 200), few(30, 200, seed=1)
    y = np.arange(60) % 3
    X += y[:, None] * np.linspace(0, 1, 200, dtype=np.float32)
    head = make_head(name, C=0.01, tol=1e-7)
    turned = head.fit(X, y).predict_proba(test)
    monkeypatch.setattr("lusscore.heads.row_space._MOST_EXAMPLES", 0)
    np.testing.assert_allclose(turned, head.fit(X, y).predict_proba(test), atol=1e-4)

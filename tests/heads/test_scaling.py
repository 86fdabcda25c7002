import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from lusscore.heads import make_head
from lusscore.heads.scaling import fit_penalised_scaling, fit_scaling


def frames(rows: int = 5000, dim: int = 12) -> np.ndarray:
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(rows, dim)) @ rng.normal(size=(dim, dim)) + 7
    return mixed.astype(np.float16)


def test_it_is_scikit_learns_scaler_in_float32() -> None:
    x = frames()
    scaled = fit_scaling(x).apply(x)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(
        scaled, StandardScaler().fit_transform(x.astype(np.float64)), atol=1e-4
    )


def test_components_are_scikit_learns_whitening() -> None:
    x = frames()
    scaling = fit_scaling(x, 4)
    whitened = scaling.apply(x)
    assert scaling.size == 4
    np.testing.assert_allclose(np.cov(whitened.T), np.eye(4), atol=1e-3)
    standard = StandardScaler().fit_transform(x.astype(np.float64))
    theirs = PCA(4, whiten=True).fit_transform(standard)
    np.testing.assert_allclose(np.abs(whitened), np.abs(theirs), atol=2e-3)


def test_an_embedding_that_never_changes_is_zero_and_not_infinite() -> None:
    x = frames(50)
    x[:, 3] = 2
    assert (fit_scaling(x).apply(x)[:, 3] == 0).all()


@pytest.mark.parametrize("rows", [3, 40])
def test_no_more_components_than_the_frames_span(rows: int) -> None:
    x = frames(rows, 6)
    x[:, 4:] = x[:, :2]
    scaling = fit_scaling(x, 100)
    assert scaling.size == min(rows - 1, 4)
    assert np.isfinite(scaling.apply(x)).all()


@pytest.mark.parametrize("components", [0, 4])
def test_a_linear_function_of_the_scaled_is_one_of_the_embedding(components: int) -> None:
    x = frames(300).astype(np.float64)
    scaling = fit_scaling(x, components)
    rng = np.random.default_rng(1)
    weights, bias = rng.normal(size=(scaling.size, 3)), rng.normal(size=3)
    expected = np.concatenate(list(scaling.precise(x))) @ weights + bias
    own, constant = scaling.unscaled(weights, bias, 12)
    np.testing.assert_allclose(x @ own + constant, expected, atol=1e-9)
    first, constant = scaling.unscaled(weights, bias, 5)
    held = np.hstack([x[:, :5], np.tile(scaling.mean[5:].astype(np.float64), (300, 1))])
    np.testing.assert_allclose(
        x[:, :5] @ first + constant,
        np.concatenate(list(scaling.precise(held))) @ weights + bias,
        atol=1e-9,
    )


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


@pytest.mark.parametrize("name", ["logistic", "ordinal", "svm"])
def test_the_answers_are_those_of_a_fit_on_all_numbers(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, test = few(60, 200), few(30, 200, seed=1)
    y = np.arange(60) % 3
    X += y[:, None] * np.linspace(0, 1, 200, dtype=np.float32)
    head = make_head(name, C=0.01, tol=1e-7)
    turned = head.fit(X, y).predict_proba(test)
    monkeypatch.setattr("lusscore.heads.scaling._MOST_EXAMPLES", 0)
    np.testing.assert_allclose(turned, head.fit(X, y).predict_proba(test), atol=1e-4)

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from lusscore.head.softmax import SoftmaxHead, _epoch_view


def blobs(frames: int = 400, dim: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Four classes of embeddings around their own centres, with three variants."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, frames)
    centres = rng.normal(0, 2, (4, dim))
    X = centres[y][:, None, :] + rng.normal(0, 1, (frames, 4, dim))
    return X.astype(np.float16), y


@parametrize_with_checks([SoftmaxHead(epochs=4, learning_rate=0.1, batch_size=16)])
def test_it_is_a_scikit_learn_classifier(estimator, check) -> None:  # type: ignore[no-untyped-def]
    check(estimator)


def test_the_defaults_are_the_papers() -> None:
    assert SoftmaxHead().get_params() == {
        "dropout": 0.5,
        "learning_rate": 0.001,
        "batch_size": 32,
        "epochs": 3,
        "optimizer": "adam",
        "seed": 0,
    }


def test_it_learns_what_can_be_learned() -> None:
    X, y = blobs()
    head = SoftmaxHead(epochs=30, learning_rate=0.01).fit(X, y)
    test, truth = blobs(seed=0)
    assert head.score(test, truth) > 0.95
    assert head.loss_curve_[-1] < head.loss_curve_[0] / 2


def test_probabilities_sum_to_one_and_agree_with_keras() -> None:
    from lusscore.backbones.keras_runtime import import_keras

    X, y = blobs(120)
    head = SoftmaxHead().fit(X, y)
    probabilities = head.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-9)
    keras = import_keras()
    layer = keras.layers.Dense(4, activation="softmax")
    layer.build((None, 16))
    layer.set_weights([head.coef_, head.intercept_])
    there = np.asarray(layer(X[:, 0].astype(np.float32)))
    np.testing.assert_allclose(probabilities, there, atol=1e-6)


def test_each_epoch_sees_the_next_variant_and_never_the_clean_one() -> None:
    X = np.arange(4.0)[None, :, None] * np.ones((5, 1, 2))
    assert [int(_epoch_view(X, epoch)[0, 0]) for epoch in range(7)] == [1, 2, 3, 1, 2, 3, 1]
    assert int(_epoch_view(X[:, :1], 2)[0, 0]) == 0
    assert _epoch_view(X[:, 2], 2) is not None


def test_training_uses_the_variants_and_prediction_the_clean_frame() -> None:
    X, y = blobs(200)
    wrong = X.copy()
    wrong[:, 0] = 0
    head = SoftmaxHead(epochs=6).fit(X, y)
    np.testing.assert_array_equal(SoftmaxHead(epochs=6).fit(wrong, y).coef_, head.coef_)
    np.testing.assert_array_equal(head.predict_proba(X), head.predict_proba(X[:, 0]))


def test_the_same_seed_gives_the_same_head_and_another_another() -> None:
    X, y = blobs(200)
    first, again = SoftmaxHead(seed=3).fit(X, y), SoftmaxHead(seed=3).fit(X, y)
    np.testing.assert_array_equal(first.coef_, again.coef_)
    assert not np.array_equal(first.coef_, SoftmaxHead(seed=4).fit(X, y).coef_)


def test_a_fitted_head_predicts_without_keras() -> None:
    X, y = blobs(100)
    head = SoftmaxHead().fit(X, y)
    code = (
        "import pickle, sys; head, X = pickle.load(sys.stdin.buffer); head.predict(X);"
        "assert not {'keras', 'tensorflow'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], input=pickle.dumps((head, X)), check=True)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("dropout", 1.0), ("epochs", 0), ("batch_size", 0), ("learning_rate", 0), ("optimizer", "x")],
)
def test_a_setting_out_of_range_is_refused(setting: str, value: object) -> None:
    X, y = blobs(20)
    head = clone(SoftmaxHead()).set_params(**{setting: value})
    with pytest.raises(ValueError, match=f"'{setting}' parameter of SoftmaxHead must be"):
        head.fit(X, y)

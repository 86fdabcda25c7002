from collections.abc import Callable

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from lusscore.heads.base import epoch_frames
from lusscore.heads.softmax import SoftmaxHead, mix


# sixty checks, each of which trains in Keras a few times
@pytest.mark.slow
@parametrize_with_checks(
    [SoftmaxHead(epochs=4, learning_rate=0.1, batch_size=16)],
    expected_failed_checks=lambda head: {
        "check_class_weight_classifiers": "needs thirty epochs and more, too slow for a test"
    },
)
def test_it_is_a_scikit_learn_classifier(estimator, check) -> None:  # type: ignore[no-untyped-def]
    check(estimator)


def test_probabilities_sum_to_one_and_agree_with_keras(blobs: Callable[..., tuple]) -> None:
    from lusscore.backbones import import_keras

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
    frames = np.array([3, 1])
    seen = [epoch_frames(X, epoch, frames)[0, 0] for epoch in range(7)]
    assert seen == [1, 2, 3, 1, 2, 3, 1]
    assert epoch_frames(X[:, :1], 2, frames)[0, 0] == 0
    assert epoch_frames(X[:, 2], 2, frames).shape == (2, 2)


def test_the_defaults_train_the_papers_head_written_out_in_keras(
    blobs: Callable[..., tuple],
) -> None:
    from lusscore.backbones import import_keras

    X, y = blobs(96)
    keras = import_keras()
    layer = keras.layers.Dense(
        4,
        activation="softmax",
        kernel_initializer=keras.initializers.GlorotUniform(seed=2),
    )
    model = keras.Sequential([keras.layers.Input((16,)), keras.layers.Dropout(0.5, seed=2), layer])
    model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy")
    for epoch in range(3):
        order = np.random.default_rng([2, epoch]).permutation(96)
        seen = X[order, 1 + epoch].astype(np.float32)
        model.fit(seen, y[order], batch_size=32, shuffle=False, verbose=0)
    head = SoftmaxHead(seed=2).fit(X, y)
    np.testing.assert_allclose(head.coef_, layer.get_weights()[0], atol=1e-6)


def test_mixup_trains_on_other_frames_and_still_learns(blobs: Callable[..., tuple]) -> None:
    X, y = blobs()
    plain, mixed = (
        SoftmaxHead(epochs=8, learning_rate=0.05, mixup=mixup).fit(X, y) for mixup in (0, 0.4)
    )
    test, truth = blobs(seed=1)
    assert mixed.score(test, truth) > 0.9
    surest = mixed.predict_proba(test).max(axis=1).mean()
    assert surest < plain.predict_proba(test).max(axis=1).mean()


def test_frames_targets_and_weights_are_mixed_by_the_same_shares() -> None:
    x, weights = np.eye(50, dtype=np.float32), np.arange(50.0)
    mixed, targets, counts = mix(x, np.eye(50), weights, 0.4, np.random.default_rng(0))
    np.testing.assert_allclose(mixed, targets, atol=1e-6)
    np.testing.assert_allclose(counts, targets @ weights, atol=1e-6)
    np.testing.assert_allclose(targets.sum(axis=1), 1)
    assert ((targets > 0).sum(axis=1) <= 2).all()
    assert mixed.dtype == np.float32

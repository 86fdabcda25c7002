import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from lusscore.heads.mil import MilHead


# sixty checks, each of which trains in Keras a few times
@pytest.mark.slow
@parametrize_with_checks([MilHead(attention=8, learning_rate=0.02, epochs=30, dropout=0.1)])
def test_it_is_a_scikit_learn_classifier(estimator, check) -> None:  # type: ignore[no-untyped-def]
    check(estimator)


def clips_with_one_telling_frame(
    clips: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Six frames a clip; one of them, marked by the first number, shows the clip's score."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, clips)
    X = rng.normal(0, 1, (clips, 6, 12))
    telling = rng.integers(0, 6, clips)
    place = np.arange(clips), telling
    X[place] = rng.normal(0, 0.5, (clips, 12))
    X[..., 0] = -1
    X[(*place, 0)] = 4
    X[(*place, 1 + scores)] += 4
    names = np.array([f"c{number}" for number in range(clips)])
    order = rng.permutation(clips * 6)
    frames = np.zeros((clips, 6), bool)
    frames[place] = True
    return (
        X.reshape(-1, 12)[order].astype(np.float16),
        np.repeat(scores, 6)[order],
        np.repeat(names, 6)[order],
        frames.reshape(-1)[order],
    )


@pytest.fixture(scope="module")
def fitted() -> MilHead:
    X, y, clips, _ = clips_with_one_telling_frame(200, 0)
    return MilHead(attention=16, learning_rate=0.005, epochs=40, dropout=0.2).fit(X, y, clips=clips)


def test_it_learns_from_the_one_frame_that_tells(fitted: MilHead) -> None:
    X, y, clips, telling = clips_with_one_telling_frame(100, 1)
    assert np.mean(fitted.predict(X, clips=clips) == y) > 0.9
    attention = fitted.attention_weights(X, clips)
    assert attention[telling].mean() > 0.6
    sums = np.bincount(np.unique(clips, return_inverse=True)[1], attention)
    np.testing.assert_allclose(sums, 1, rtol=1e-5)


def test_predictions_follow_the_formula_and_are_those_of_keras(fitted: MilHead) -> None:
    X, _, clips, _ = clips_with_one_telling_frame(20, 1)
    probabilities, attention = fitted.predict_proba(X, clips), fitted.attention_weights(X, clips)
    x = fitted.scaling_.apply(X)
    gate = 1 / (1 + np.exp(-x @ fitted.gate_))
    powers = np.exp((np.tanh(x @ fitted.tanh_) * gate) @ fitted.score_)
    members = clips == np.unique(clips)[:, None]
    expected = members * powers / (members @ powers)[:, None]
    np.testing.assert_allclose(attention, expected.sum(axis=0), rtol=1e-4)
    layers, model = fitted._build()
    learned = [fitted.tanh_], [fitted.gate_], [fitted.score_[:, None]]
    for layer, weights in zip(layers, (*learned, [fitted.coef_, fitted.intercept_]), strict=True):
        layer.set_weights(weights)
    theirs = np.asarray(model([x, members]))
    np.testing.assert_allclose(members.T @ theirs, probabilities, atol=1e-5)


def test_more_decay_gives_smaller_weights_and_class_weights_count() -> None:
    X, y, clips, _ = clips_with_one_telling_frame(40, 0)
    settings = {"attention": 4, "epochs": 3, "learning_rate": 0.01}
    plain, decayed, weighted = (
        MilHead(**settings | more).fit(X, y, clips=clips)
        for more in ({"decay": 0.0}, {"decay": 1.0}, {"decay": 0.0, "class_weight": {0: 50.0}})
    )
    assert np.abs(decayed.coef_).sum() < np.abs(plain.coef_).sum()
    chosen = [head.predict_proba(X, clips)[:, 0].mean() for head in (plain, weighted)]
    assert chosen[1] > chosen[0]


def test_a_clip_is_scored_alike_alone_and_among_others_in_any_order_and_batch(
    fitted: MilHead, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, _, clips, _ = clips_with_one_telling_frame(20, 1)
    probabilities = fitted.predict_proba(X, clips)
    for clip in np.unique(clips):
        rows = np.flatnonzero(clips == clip)[::-1]
        assert len(np.unique(probabilities[rows], axis=0)) == 1
        alone = fitted.predict_proba(X[rows], clips[rows])
        np.testing.assert_allclose(alone, probabilities[rows], rtol=1e-5)
    monkeypatch.setattr("lusscore.heads.mil._FRAMES_AT_ONCE", 10)
    np.testing.assert_allclose(fitted.predict_proba(X, clips), probabilities, rtol=1e-5)

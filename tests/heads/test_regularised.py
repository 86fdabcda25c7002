"""The convex heads, on frames and where a clip is one example."""

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from lusscore.errors import HeadError
from lusscore.heads import make_head
from lusscore.heads.svm import fit_linear_svm

CONVEX = pytest.mark.parametrize("name", ["logistic", "ordinal", "svm"])
POOLED = pytest.mark.parametrize("pooling", ["mean", "mean-std"])
Clips = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def clips_of_frames(clips: int, seed: int, steady: float = 1.0) -> Clips:
    """Five noisy frames of each clip in random order, three clips to an exam.

    The mean of the frames tells the score by `steady`, their spread tells it otherwise.
    """
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, clips)
    X = rng.normal(0, 1 + 4 * (1 - steady) * scores[:, None, None, None], (clips, 5, 3, 8))
    X += steady * 6 * np.eye(8)[scores][:, None, None]
    owner = np.repeat(np.arange(clips), 5)
    order = rng.permutation(len(owner))
    frames = X.reshape(-1, 3, 8)[order].astype(np.float16)
    return frames, scores[owner][order], owner[order], owner[order] // 3


@CONVEX
@POOLED
def test_it_learns_clips_and_gives_every_frame_what_its_clip_gets(name: str, pooling: str) -> None:
    X, y, clips, _ = clips_of_frames(90, 0)
    test, truth, held_out, _ = clips_of_frames(40, 1)
    head = make_head(name, pooling=pooling).fit(X, y, groups=clips, clips=clips)
    assert head.n_features_in_ == 8
    probabilities = head.predict_proba(test, clips=held_out)
    assert np.mean(head.classes_[probabilities.argmax(axis=1)] == truth) > 0.9
    for clip in np.unique(held_out):
        assert len(np.unique(probabilities[held_out == clip], axis=0)) == 1


def test_only_deviations_show_what_means_hide() -> None:
    X, y, clips, _ = clips_of_frames(150, 0, steady=0.0)
    test, truth, held_out, _ = clips_of_frames(80, 1, steady=0.0)
    mean, both = (
        make_head("logistic", pooling=pooling, C=0.1).fit(X, y, clips=clips)
        for pooling in ("mean", "mean-std")
    )
    assert np.mean(mean.predict(test, clips=held_out) == truth) < 0.5
    assert np.mean(both.predict(test, clips=held_out) == truth) > 0.8


@CONVEX
def test_a_frame_that_is_a_clip_of_its_own_is_pooled_to_itself(name: str) -> None:
    X, y, _, _ = clips_of_frames(20, 0)
    plain, pooled = (
        make_head(name, pooling=pooling).fit(X, y).predict_proba(X) for pooling in ("none", "mean")
    )
    np.testing.assert_array_equal(plain, pooled)


def test_clips_and_not_frames_are_counted() -> None:
    X, y, clips, _ = clips_of_frames(60, 0)
    again = np.concatenate([np.arange(len(y)), np.flatnonzero(clips < 20)])
    settings = {"pooling": "mean-std", "class_weight": "balanced"}
    once, twice = (
        make_head("logistic", **settings).fit(X[rows], y[rows], clips=clips[rows]).predict_proba(X)
        for rows in (np.arange(len(y)), again)
    )
    np.testing.assert_allclose(once, twice, atol=1e-5)


@CONVEX
def test_the_other_clips_of_an_exam_inform_a_score(name: str) -> None:
    rng = np.random.default_rng(0)
    scores = np.repeat(rng.integers(0, 4, 50), 4)
    # one clip of each exam shows the score of them all
    shown = (np.arange(200) % 4 == 0) * scores * 6.0
    X = np.repeat(shown, 2)[:, None] + rng.normal(0, 0.3, (400, 6))
    y, clips = np.repeat(scores, 2), np.repeat(np.arange(200), 2)
    exams = clips // 4
    told = {"clips": clips, "exams": exams}
    plain, informed, unaware = (
        make_head(name, pooling="mean", C=10.0, context=context)
        .fit(X, y, groups=exams, **kept)
        .predict(X, **kept)
        for context, kept in (("none", told), ("exam", told), ("exam", {"clips": clips}))
    )
    assert np.mean(informed == y) > np.mean(plain == y) + 0.15
    assert np.mean(informed == y) > np.mean(unaware == y) + 0.15


def test_segments_of_a_recording_with_other_scores_are_examples_of_their_own() -> None:
    X, y, clips, _ = clips_of_frames(60, 0)
    joined = clips // 2
    segments = joined * 4 + y
    head = make_head("logistic", pooling="mean-std")
    np.testing.assert_array_equal(
        head.fit(X, y, clips=joined).predict_proba(X),
        head.fit(X, y, clips=segments).predict_proba(X),
    )
    assert 30 < len(np.unique(segments)) < 60


@CONVEX
def test_variants_are_pooled_one_by_one(name: str) -> None:
    X, y, clips, exams = clips_of_frames(60, 0)
    settings = {"pooling": "mean-std", "context": "exam", "variants": True}
    named = {"clips": clips, "exams": exams}
    one, all_of_them = (
        make_head(name, **settings, test_variants=test).fit(X, y, groups=clips, **named)
        for test in (False, True)
    )
    np.testing.assert_array_equal(
        one.predict_proba(X, **named), one.predict_proba(X[:, 0], **named)
    )
    mean = np.mean([one.predict_proba(X[:, variant], **named) for variant in range(3)], axis=0)
    np.testing.assert_allclose(all_of_them.predict_proba(X, **named), mean, atol=1e-12)
    clean = make_head(name, **settings | {"variants": False}).fit(X, y, groups=clips, **named)
    assert np.abs(clean.predict_proba(X, **named) - one.predict_proba(X, **named)).max() > 1e-3


@CONVEX
def test_context_without_a_clip_as_example_is_refused(name: str) -> None:
    with pytest.raises(HeadError, match="takes context=exam only where a clip is one example; add"):
        make_head(name, context="exam")


@pytest.mark.parametrize("strength", [0.01, 1.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_svm_is_scikit_learns(strength: float, dtype: type) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 200)
    x = (rng.normal(size=(200, 6)) + y[:, None] * [1, -1, 0, 0.5, 0, 0]).astype(dtype)
    weights = rng.uniform(0.5, 2, 200)
    coef, intercept, _ = fit_linear_svm(x, y, weights, strength, 2000, 1e-8)
    theirs = LinearSVC(C=strength, loss="squared_hinge", dual=False, tol=1e-8).fit(
        x, y, sample_weight=weights
    )
    np.testing.assert_allclose(x @ coef + intercept, theirs.decision_function(x), atol=2e-3)

"""Logits as a linear function of the embedding, which activation maps are made of."""

from typing import Any

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from lusscore.heads import LinearView, linear_view, make_head
from lusscore.heads.svm import Platt

FRAMES, DIM = 160, 6
CLIPS = np.arange(FRAMES) // 4
NAMES = {"clips": CLIPS, "exams": CLIPS // 4}
EXACT: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("softmax", {"epochs": 2}, (0, 1, 2, 3)),
    ("softmax", {"epochs": 2, "components": 3}, (0, 1, 3)),
    ("softmax", {"epochs": 2}, (0, 2)),
    ("logistic", {}, (0, 1, 2, 3)),
    ("logistic", {"components": 3, "variants": True}, (0, 1, 3)),
    ("logistic", {"class_weight": {0: 3.0}}, (0, 3)),
    ("ordinal", {}, (1, 3)),
    ("ordinal", {"components": 4}, (0, 1)),
    ("svm", {}, (0, 3)),
    ("svm", {"components": 4}, (1, 2)),
]
APPROXIMATE: list[tuple[str, dict[str, Any], str]] = [
    ("logistic", {"pooling": "mean-std"}, "what varies within a clip"),
    ("logistic", {"pooling": "mean", "context": "exam"}, "the other clips of the exam"),
    ("logistic", {"test_variants": True}, "averaged over variants"),
    ("softmax", {"epochs": 1, "test_variants": True}, "averaged over variants"),
    ("ordinal", {}, "one direction from low to high scores"),
    ("svm", {}, "each score against all others"),
    ("mil", {"epochs": 10}, "weighted by attention"),
]


def frames() -> tuple[np.ndarray, np.ndarray]:
    """Two variants of each frame, all but far from 0 and of unlike spread, and ranks of classes."""
    rng = np.random.default_rng(0)
    ranks = CLIPS % 4
    X = rng.normal(0, 1, (FRAMES, 2, DIM)) + 2 * np.eye(DIM)[ranks][:, None]
    return (X * np.linspace(0.2, 2, DIM) + 3).astype(np.float32), ranks


def trained(name: str, settings: dict[str, Any], classes: tuple[int, ...] = (0, 1, 2, 3)) -> Any:
    X, ranks = frames()
    labels = np.array(classes)[ranks % len(classes)]
    return make_head(name, **settings).fit(X, labels, groups=CLIPS, **NAMES)


def seen(head: Any) -> LinearView:
    view = linear_view(head)
    assert view is not None
    assert view.weights.dtype == view.bias.dtype == np.float64
    assert view.weights.shape == (DIM, len(head.classes_))
    assert view.bias.shape == (len(head.classes_),)
    return view


def answers(view: LinearView, x: np.ndarray) -> np.ndarray:
    return np.asarray(softmax(x.astype(np.float64) @ view.weights + view.bias, axis=1))


@pytest.mark.parametrize(("name", "settings", "classes"), EXACT)
def test_an_exact_view_is_what_the_head_answers(
    name: str, settings: dict[str, Any], classes: tuple[int, ...]
) -> None:
    head = trained(name, settings, classes)
    view = seen(head)
    assert view.note == ""
    X, _ = frames()
    np.testing.assert_allclose(answers(view, X[:, 0]), head.predict_proba(X, **NAMES), atol=2e-6)


@pytest.mark.parametrize(
    ("name", "classes"),
    [("logistic", (0, 1, 2, 3)), ("logistic", (0, 3)), ("ordinal", (0, 1)), ("svm", (0, 2))],
)
def test_of_pooled_clips_the_mean_over_the_frames_is_exact(
    name: str, classes: tuple[int, ...]
) -> None:
    head = trained(name, {"pooling": "mean"}, classes)
    view = seen(head)
    assert view.note == ""
    X, _ = frames()
    logits = X[:, 0].astype(np.float64) @ view.weights + view.bias
    of_clips = logits.reshape(-1, 4, len(classes)).mean(axis=1)
    found = head.predict_proba(X, **NAMES)[::4]
    np.testing.assert_allclose(softmax(of_clips, axis=1), found, atol=2e-6)


@pytest.mark.parametrize(("name", "settings", "note"), APPROXIMATE)
def test_an_approximate_view_says_why(name: str, settings: dict[str, Any], note: str) -> None:
    head = trained(name, settings)
    view = seen(head)
    assert note in view.note
    X, _ = frames()
    found = head.predict_proba(X, **NAMES)
    # it is not what the head says, or the note would be wrong; but close enough to be shown
    assert np.abs(answers(view, X[:, 0]) - found).max() > 1e-4
    assert np.mean(answers(view, X[:, 0]).argmax(axis=1) == found.argmax(axis=1)) > 0.5


def test_a_class_that_was_never_calibrated_is_never_answered() -> None:
    head = trained("svm", {}, (0, 1, 2))
    fitted = head.calibration_
    head.calibration_ = Platt(np.array([0, 2]), fitted.slopes[:1], fitted.offsets[:1])
    view = seen(head)
    assert view.note == ""
    X, _ = frames()
    found = head.predict_proba(X)
    assert np.isfinite(view.bias).all()
    assert (found[:, 1] == 0).all()
    np.testing.assert_allclose(answers(view, X[:, 0]), found, atol=2e-6)


def test_a_head_of_somebody_else_has_no_view() -> None:
    other: Any = LogisticRegression().fit(np.eye(2), [0, 1])
    assert linear_view(other) is None

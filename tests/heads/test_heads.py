"""What holds for every registered head."""

import pickle
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from lusscore.errors import HeadError
from lusscore.heads import head_defaults, head_names, head_summary, make_head, register_head
from lusscore.heads.ordinal import OrdinalHead
from lusscore.heads.regularised import LogisticHead
from lusscore.heads.svm import SvmHead

HEADS = pytest.mark.parametrize("name", head_names())
FAST = {
    "softmax": {"epochs": 2, "learning_rate": 0.1, "dropout": 0.2},
    "mil": {"attention": 8, "learning_rate": 0.005},
    "svm": {"tol": 1e-3},
}


def made(name: str, **settings: object):  # type: ignore[no-untyped-def]
    return make_head(name, **FAST.get(name, {}) | settings)


def parts(frames: int) -> dict[str, np.ndarray]:
    """Twelve patients and forty clips by name."""
    numbers = np.arange(frames)
    return {
        "groups": np.array([f"p{number % 12}" for number in numbers]),
        "clips": np.array([f"c{number}" for number in numbers]),
    }


@parametrize_with_checks(
    [
        LogisticHead(),
        LogisticHead(pooling="mean-std", context="exam"),
        OrdinalHead(),
        SvmHead(tol=1e-3),
    ],
    expected_failed_checks=lambda head: (
        {"check_classifiers_train": "its three groups lie on no line, and scores do"}
        if isinstance(head, OrdinalHead)
        else {}
    ),
)
def test_it_is_a_scikit_learn_classifier(estimator, check) -> None:  # type: ignore[no-untyped-def]
    check(estimator)


@HEADS
def test_it_learns_what_can_be_learned_and_nothing_else(
    name: str, blobs: Callable[..., tuple]
) -> None:
    X, y = blobs()
    test, truth = blobs(seed=1)
    head = made(name).fit(X, y, **parts(len(X)))
    assert head.classes_.tolist() == [0, 1, 2, 3]
    assert head.score(test, truth) > 0.9
    probabilities = head.predict_proba(test)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-9)
    shuffled = np.random.default_rng(5).permutation(y)
    assert made(name).fit(X, shuffled, **parts(len(X))).score(test, truth) < 0.45


@HEADS
def test_the_same_seed_gives_the_same_bits_and_input_is_left_alone(
    name: str, blobs: Callable[..., tuple]
) -> None:
    X, y = blobs(120)
    before = X.copy()
    first, again = (
        made(name, seed=3, components=5).fit(X, y, **parts(120)).predict_proba(X) for _ in "ab"
    )
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(X, before)


@HEADS
def test_names_do_not_matter_nor_exams_where_no_context_is_asked_for(
    name: str, blobs: Callable[..., tuple]
) -> None:
    X, y = blobs(120)
    named = parts(120)
    numbered = {key: np.unique(value, return_inverse=True)[1] for key, value in named.items()}
    exams = np.arange(120) // 10
    one = made(name).fit(X, y, **named).predict_proba(X, clips=named["clips"])
    two = made(name).fit(X, y, **numbered, exams=exams)
    np.testing.assert_array_equal(one, two.predict_proba(X, clips=numbered["clips"], exams=exams))


@HEADS
def test_prediction_sees_the_clean_frame_or_averages_all_variants(
    name: str, blobs: Callable[..., tuple]
) -> None:
    X, y = blobs(120)
    head = made(name).fit(X, y, **parts(120))
    np.testing.assert_array_equal(head.predict_proba(X), head.predict_proba(X[:, 0]))
    mean = np.mean([head.predict_proba(X[:, variant]) for variant in range(4)], axis=0)
    averaging = made(name, test_variants=True).fit(X, y, **parts(120))
    np.testing.assert_allclose(averaging.predict_proba(X), mean, atol=1e-12)
    assert np.abs(mean - head.predict_proba(X)).max() > 1e-3


@HEADS
def test_balanced_weights_find_the_rare_class_more_often(
    name: str, blobs: Callable[..., tuple]
) -> None:
    X, y = blobs(900, spread=9)
    kept = np.flatnonzero((y != 3) | (np.arange(len(y)) % 8 == 0))
    X, y = X[kept], y[kept]
    test, truth = blobs(400, seed=1, spread=9)
    plain, balanced = (
        made(name, class_weight=weight).fit(X, y, **parts(len(X))).predict(test)
        for weight in ("none", "balanced")
    )
    assert np.sum(balanced[truth == 3] == 3) > np.sum(plain[truth == 3] == 3)


def test_fitted_heads_predict_without_keras(blobs: Callable[..., tuple]) -> None:
    X, y = blobs(100)
    heads = [made(name).fit(X, y, **parts(100)) for name in head_names()]
    code = (
        "import pickle, sys; heads, X = pickle.load(sys.stdin.buffer);"
        "[head.predict(X) for head in heads];"
        "assert not {'keras', 'tensorflow'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], input=pickle.dumps((heads, X)), check=True)


@HEADS
def test_every_setting_is_checked(name: str) -> None:
    with pytest.raises(ValueError, match="'components' parameter"):
        clone(made(name)).set_params(components=-1).fit(np.eye(4), [0, 1, 0, 1])
    assert {"seed", "class_weight", "components", "test_variants"} <= head_defaults(name).keys()
    assert None not in head_defaults(name).values()


@HEADS
@pytest.mark.parametrize("names", ["groups", "clips", "exams"])
def test_patients_clips_and_exams_of_another_length_are_refused(name: str, names: str) -> None:
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        made(name).fit(np.eye(4), [0, 1, 0, 1], **{names: [1, 2]})


def test_the_papers_head_comes_first_and_every_head_says_what_it_is_in_a_line() -> None:
    assert head_names() == ("softmax", "logistic", "recommended", "ordinal", "svm", "mil")
    for name in head_names():
        assert 20 < len(head_summary(name)) < 90
        assert head_summary(name).endswith(".")


def test_a_head_is_made_with_its_settings_and_its_own_defaults() -> None:
    assert make_head("softmax", epochs=7).get_params()["epochs"] == 7
    tolerances = [head_defaults(name)["tol"] for name in ("logistic", "ordinal", "svm")]
    assert tolerances == [1e-4, 1e-5, 1e-4]
    assert "inner_folds" in head_defaults("svm").keys() - head_defaults("logistic").keys()


def test_an_unknown_head_or_setting_or_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(HeadError, match="Unknown head 'x'; expected one of softmax"):
        make_head("x")
    with pytest.raises(HeadError, match="Head softmax has no setting 'depth'; it has dropout"):
        make_head("softmax", depth=3)
    with pytest.raises(HeadError, match="'softmax' is registered twice"):
        register_head("softmax")(DummyClassifier)

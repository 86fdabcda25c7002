"""A trained head comes apart into plain data and back."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from lusscore.errors import HeadError
from lusscore.heads import HeadState, head_names, head_state, make_head, restore_head

FRAMES, DIM = 120, 6
CASES: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    *(
        (name, settings, classes)
        for name in ("logistic", "ordinal", "svm")
        for settings, classes in (
            ({}, (0, 1, 2, 3)),
            ({"components": 3}, (0, 1, 2, 3)),
            ({"pooling": "mean-std", "context": "exam", "C": 0.1}, (0, 1, 2, 3)),
            ({"variants": True, "test_variants": True}, (0, 1, 2, 3)),
            ({"class_weight": {0: 1.0, 1: 2, 3: 5.0}}, (0, 1, 3)),
            ({"class_weight": "balanced"}, (0, 3)),
        )
    ),
    *(
        (name, settings, classes)
        for name in ("softmax", "mil")
        for settings, classes in (
            ({"epochs": 1}, (0, 1, 2, 3)),
            ({"epochs": 1, "components": 3, "test_variants": True}, (0, 1, 3)),
            ({"epochs": 1, "class_weight": {1: 2, 2: 0.5}}, (1, 2)),
        )
    ),
]
EVERY_CASE = pytest.mark.parametrize(
    ("name", "settings", "classes"), CASES, ids=lambda value: str(value).replace(" ", "")
)


@cache
def embeddings() -> tuple[np.ndarray, np.ndarray]:
    """Clips of four frames, three variants each, and the rank of each frame's class."""
    rng = np.random.default_rng(0)
    clips = np.arange(FRAMES) // 4
    ranks = clips % 4
    X = rng.normal(0, 1, (FRAMES, 3, DIM)) + 3 * np.eye(DIM)[ranks][:, None]
    return X.astype(np.float32), ranks


def names() -> dict[str, np.ndarray]:
    clips = np.arange(FRAMES) // 4
    return {"clips": clips, "exams": clips // 5}


def trained(name: str, settings: dict[str, Any], classes: tuple[int, ...] = (0, 1, 2, 3)) -> Any:
    X, ranks = embeddings()
    labels = np.array(classes)[ranks % len(classes)]
    return make_head(name, **settings).fit(X, labels, groups=names()["clips"], **names())


@cache
def learned(name: str) -> HeadState:
    return head_state(name, trained(name, {"epochs": 1} if name in ("softmax", "mil") else {}))


def predicted(head: Any) -> np.ndarray:
    return np.asarray(head.predict_proba(embeddings()[0], **names()))


def write_arrays(file: Any, arrays: Mapping[str, Any]) -> None:
    plain: Any = dict(arrays)
    np.savez(file, **plain)


def through_files(one: HeadState) -> HeadState:
    """Write JSON and NPZ and read them."""
    text = json.dumps([one.name, one.settings, one.facts], allow_nan=False)
    memory = io.BytesIO()
    write_arrays(memory, one.arrays)
    memory.seek(0)
    with np.load(memory, allow_pickle=False) as file:
        name, settings, facts = json.loads(text)
        return HeadState(name, settings, facts, dict(file))


@EVERY_CASE
def test_a_restored_head_predicts_the_same_bits(
    name: str, settings: dict[str, Any], classes: tuple[int, ...]
) -> None:
    head = trained(name, settings, classes)
    taken = head_state(name, head)
    turned = {key: np.asfortranarray(array) for key, array in taken.arrays.items()}
    for form in (taken, through_files(taken), replace(taken, arrays=turned)):
        again: Any = restore_head(form)
        assert type(again) is type(head)
        assert again.get_params() == head.get_params()
        assert again.classes_.tolist() == list(classes)
        np.testing.assert_array_equal(predicted(again), predicted(head))
        np.testing.assert_array_equal(
            again.predict(embeddings()[0], **names()), head.predict(embeddings()[0], **names())
        )
    twice = head_state(name, restore_head(taken))
    assert (twice.name, twice.settings, twice.facts) == (taken.name, taken.settings, taken.facts)
    assert twice.arrays.keys() == taken.arrays.keys()
    for key, array in taken.arrays.items():
        np.testing.assert_array_equal(twice.arrays[key], array, strict=True)


@pytest.mark.parametrize("name", head_names())
def test_what_is_kept_is_plain_and_no_part_of_the_head(name: str) -> None:
    head = trained(name, {"epochs": 1} if name in ("softmax", "mil") else {})
    taken = head_state(name, head)
    json.dumps([taken.settings, taken.facts], allow_nan=False)
    before = predicted(head)
    for array in taken.arrays.values():
        assert array.dtype.kind in "fi"
        array[...] = 1
    np.testing.assert_array_equal(predicted(head), before)


@pytest.mark.parametrize("name", head_names())
def test_a_setting_that_came_up_later_has_its_default(name: str) -> None:
    one = learned(name)
    older = {key: value for key, value in one.settings.items() if key != "test_variants"}
    again = restore_head(replace(one, settings=older))
    np.testing.assert_array_equal(predicted(again), predicted(restore_head(one)))


def test_what_cannot_be_kept_is_refused() -> None:
    head = trained("logistic", {})
    with pytest.raises(HeadError, match="cannot be stored as the head svm; give the name"):
        head_state("svm", head)
    with pytest.raises(HeadError, match="Unknown head 'perceptron'; expected one of"):
        head_state("perceptron", head)
    with pytest.raises(HeadError, match="The head svm is not trained; fit it before"):
        head_state("svm", make_head("svm"))
    X, ranks = embeddings()
    with pytest.raises(HeadError, match="trained on labels of <U1, with which"):
        head_state("logistic", make_head("logistic").fit(X, np.array(list("abcd"))[ranks]))
    head.coef_ = head.coef_ * np.nan
    with pytest.raises(HeadError, match="a number that is not finite in its array coef"):
        head_state("logistic", head)


@pytest.mark.parametrize("name", head_names())
def test_each_array_must_be_there_and_of_its_kind(name: str) -> None:
    one = learned(name)
    for key, array in one.arrays.items():
        more = np.concatenate([array, array[:1]])
        broken = array.astype(np.float64)
        broken.flat[0] = np.nan
        swapped = array.astype(np.float32 if array.dtype == np.float64 else np.float64)
        odd: dict[str, Any] = {
            "lacks its array": None,
            "expected in": swapped,
            "in shape|no classes of its own": more,
            "array": array.astype(object),
            "not finite|expected in": broken,
        }
        for what, value in odd.items():
            arrays = {**one.arrays, key: value}
            with pytest.raises(HeadError, match=what):
                restore_head(replace(one, arrays=arrays))
        without = {other: value for other, value in one.arrays.items() if other != key}
        with pytest.raises(HeadError, match=f"lacks its array {key}"):
            restore_head(replace(one, arrays=without))
    with pytest.raises(HeadError, match="'more' that it has no use for"):
        restore_head(replace(one, arrays={**one.arrays, "more": np.ones(1)}))


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"Z": 1}, "has no setting 'Z'"),
        ({"C": -1.0}, "setting out of its range .*'C'"),
        ({"C": float("nan")}, "has nan for its setting C"),
        ({"C": float("inf")}, "setting out of its range .*'C'"),
        ({"C": [1.0]}, r"has \[1.0\] for its setting C"),
        ({"pooling": "x" * 10_000}, "setting out of its range .*'pooling'"),
        ({"context": "exam"}, "setting out of its range .*context=exam"),
        ({"class_weight": {"zero": 1.0}}, "no table of classes and weights"),
        ({"class_weight": {"0": -1.0}}, "no table of classes and weights"),
        ({"class_weight": {"01": 1.0}}, "no table of classes and weights"),
    ],
)
def test_settings_that_no_head_has_are_refused(settings: dict[str, Any], what: str) -> None:
    one = learned("logistic")
    with pytest.raises(HeadError, match=what) as told:
        restore_head(replace(one, settings={**one.settings, **settings}))
    assert len(str(told.value)) < 400


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ({"classes_": [0, 2, 1, 3]}, "that rise"),
        ({"classes_": [0]}, "two or more"),
        ({"classes_": [False, True]}, "whole numbers"),
        ({"classes_": [0, 1, 2, 2**70]}, "whole numbers"),
        ({"classes_": [0, 1, 2]}, "array coef in shape"),
        ({"n_features_in_": 0}, "n_features_in_ that is no whole number from 1"),
        ({"n_features_in_": True}, "n_features_in_ that is no whole number"),
        ({"n_features_in_": 2**60}, "array scaling.mean in shape"),
        ({"n_iter_": -1}, "n_iter_ that is no whole number from 0"),
        ({"loss_curve_": 1}, "other facts than"),
    ],
)
def test_facts_that_cannot_be_are_refused(facts: dict[str, Any], what: str) -> None:
    one = learned("logistic")
    with pytest.raises(HeadError, match=what):
        restore_head(replace(one, facts={**one.facts, **facts}))


@pytest.mark.parametrize("name", ["perceptron", 5, ["softmax"], "x" * 9999])
def test_an_unknown_head_is_refused(name: Any) -> None:
    with pytest.raises(HeadError, match="none of softmax, .*later lusscore") as told:
        restore_head(replace(learned("logistic"), name=name))
    assert len(str(told.value)) < 300


@pytest.mark.parametrize(
    ("name", "key", "change", "what"),
    [
        ("ordinal", "thresholds", lambda array: array[::-1].copy(), "thresholds that do not rise"),
        ("svm", "platt.present", lambda array: array[::-1].copy(), "no classes of its own"),
        ("svm", "platt.present", lambda array: array + 1, "no classes of its own"),
        ("svm", "platt.present", lambda array: array[:1], "no classes of its own"),
        ("svm", "platt.present", lambda array: array[:2], "array platt.slopes in shape"),
        ("logistic", "scaling.spread", lambda array: array * 0, "not above 0"),
        ("mil", "scaling.spread", lambda array: -array, "not above 0"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(
    name: str, key: str, change: Any, what: str
) -> None:
    one = learned(name)
    with pytest.raises(HeadError, match=what):
        restore_head(replace(one, arrays={**one.arrays, key: change(one.arrays[key])}))

"""A trained head comes apart into plain data and back."""

import io
import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from lusscore.errors import HeadError
from lusscore.heads import HeadState, head_names, head_state, make_head, restore_head

FRAMES, DIM = 120, 6
ALL = (0, 1, 2, 3)
CONVEX: list[tuple[dict[str, Any], tuple[int, ...]]] = [
    ({"components": 3}, ALL),
    ({"pooling": "mean-std", "context": "exam", "C": 0.1}, ALL),
    ({"variants": True, "test_variants": True}, ALL),
    ({"class_weight": {0: 1.0, 1: 2, 3: 5.0}}, (0, 1, 3)),
    ({"class_weight": "balanced"}, (0, 3)),
]
KERAS: list[tuple[dict[str, Any], tuple[int, ...]]] = [
    ({"epochs": 1}, ALL),
    ({"epochs": 1, "components": 3, "test_variants": True}, (0, 1, 3)),
    ({"epochs": 1, "class_weight": {1: 2, 2: 0.5}}, (1, 2)),
]
CASES = [
    *((name, *case) for name in ("logistic", "ordinal", "svm") for case in CONVEX),
    *((name, *case) for name in ("softmax", "mil") for case in KERAS),
]


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


def through_files(one: HeadState) -> HeadState:
    """Write JSON and NPZ and read them."""
    text = json.dumps([one.name, one.settings, one.facts], allow_nan=False)
    memory = io.BytesIO()
    np.savez(memory, **dict(one.arrays))
    memory.seek(0)
    with np.load(memory, allow_pickle=False) as file:
        return HeadState(*json.loads(text), dict(file))


@pytest.mark.parametrize(
    ("name", "settings", "classes"), CASES, ids=lambda value: str(value).replace(" ", "")
)
def test_a_restored_head_predicts_the_same_bits(
    name: str, settings: dict[str, Any], classes: tuple[int, ...]
) -> None:
    head = trained(name, settings, classes)
    taken = head_state(name, head)
    turned = {key: np.asfortranarray(array) for key, array in taken.arrays.items()}
    for form in (through_files(taken), replace(taken, arrays=turned)):
        again: Any = restore_head(form)
        assert type(again) is type(head)
        assert again.get_params() == head.get_params()
        assert again.classes_.tolist() == list(classes)
        np.testing.assert_array_equal(predicted(again), predicted(head))
    twice = head_state(name, again)
    assert (twice.name, twice.settings, twice.facts) == (taken.name, taken.settings, taken.facts)
    assert twice.arrays.keys() == taken.arrays.keys()
    for key, array in taken.arrays.items():
        np.testing.assert_array_equal(twice.arrays[key], array, strict=True)


@pytest.mark.parametrize("name", head_names())
def test_what_is_kept_is_plain_and_no_part_of_the_head(name: str) -> None:
    head = trained(name, {"epochs": 1} if name in ("softmax", "mil") else {})
    taken = head_state(name, head)
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
    with pytest.raises(HeadError, match="cannot be stored as the head svm; give the name"):
        head_state("svm", trained("logistic", {}))
    with pytest.raises(HeadError, match="The head svm is not trained; fit it before"):
        head_state("svm", make_head("svm"))
    X, ranks = embeddings()
    with pytest.raises(HeadError, match="trained on labels of <U1, with which"):
        head_state("logistic", make_head("logistic").fit(X, np.array(list("abcd"))[ranks]))


@pytest.mark.parametrize("name", head_names())
def test_each_array_must_be_there_and_of_its_kind(name: str) -> None:
    one = learned(name)
    for key, array in one.arrays.items():
        without = {other: value for other, value in one.arrays.items() if other != key}
        with pytest.raises(HeadError, match=f"lacks its array {key}"):
            restore_head(replace(one, arrays=without))
        swapped = array.astype(np.float32 if array.dtype == np.float64 else np.float64)
        for odd in (swapped, np.concatenate([array, array[:1]]), array[None]):
            with pytest.raises(HeadError, match=r"has its array .* expected|do not rise|no rising"):
                restore_head(replace(one, arrays={**one.arrays, key: odd}))
    with pytest.raises(HeadError, match="'more' that it has no use for"):
        restore_head(replace(one, arrays={**one.arrays, "more": np.ones(1)}))


@pytest.mark.parametrize(
    "settings",
    [
        {"Z": 1},
        {"C": -1.0},
        {"C": float("inf")},
        {"C": [1.0]},
        {"pooling": "x" * 10_000},
        {"context": "exam"},
        {"class_weight": {"zero": 1.0}},
    ],
)
def test_settings_that_no_head_has_are_refused(settings: dict[str, Any]) -> None:
    one = learned("logistic")
    with pytest.raises(HeadError, match="has settings that cannot be") as told:
        restore_head(replace(one, settings={**one.settings, **settings}))
    assert len(str(told.value)) < 500


@pytest.mark.parametrize(
    "facts",
    [
        *(
            {"classes_": classes}
            for classes in ([0, 2, 1, 3], [0], [False, True], [0, 2**70], 5, [0, 1, 2])
        ),
        *({"n_features_in_": size} for size in (0, True, 2**60)),
        {"n_iter_": -1},
        {"loss_curve_": 1},
    ],
)
def test_facts_that_cannot_be_are_refused(facts: dict[str, Any]) -> None:
    one = learned("logistic")
    with pytest.raises(HeadError, match="has other facts than|has its array"):
        restore_head(replace(one, facts={**one.facts, **facts}))


@pytest.mark.parametrize(
    ("name", "key", "change", "what"),
    [
        ("ordinal", "thresholds", lambda array: array[::-1].copy(), "thresholds that do not rise"),
        ("svm", "platt.present", lambda array: array[::-1].copy(), "no rising classes"),
        ("svm", "platt.present", lambda array: array + 1, "no rising classes"),
        ("svm", "platt.present", lambda array: array[:1], "no rising classes"),
        ("svm", "platt.present", lambda array: array[:2], "has its array platt.slopes"),
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

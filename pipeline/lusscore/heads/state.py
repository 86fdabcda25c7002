"""A trained head as plain data, so that it can be stored without pickle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.errors import HeadError
from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.registry import EstimatorHead, Head, find_head, make_head

_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class HeadState:
    """What a trained head is made of.

    `settings` are plain JSON; a weight per class has the class as text for its key. `facts` are
    what was learned that is no array: ``n_features_in_``, ``classes_`` as a list of whole numbers,
    and for some heads ``n_iter_``.
    """

    name: str
    settings: Mapping[str, Any]
    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


def head_state(name: str, head: Head) -> HeadState:
    """Turn a trained head into plain data.

    HeadError if it is not of that name, is not trained, or its labels are no whole numbers.
    """
    kind = type(head.estimator if isinstance(head, EstimatorHead) else head)
    if kind is not find_head(name):
        raise HeadError(
            f"A {kind.__name__} cannot be stored as the head {name}; give the name under which it "
            "was made."
        )
    if not hasattr(head, "classes_"):
        raise HeadError(f"The head {name} is not trained; fit it before it is stored.")
    if head.classes_.dtype.kind not in "iu":
        raise HeadError(
            f"The head {name} was trained on labels of {head.classes_.dtype}, with which it cannot "
            "be stored; train it on scores, which are whole numbers."
        )
    settings = _with_labels(str, head.get_params(deep=False))
    facts = {"n_features_in_": int(head.n_features_in_), "classes_": head.classes_.tolist()}
    facts |= {key: int(getattr(head, key)) for key in head.whole_numbers}
    arrays = {key: np.array(array, order="C") for key, array in head.learned_arrays().items()}
    return HeadState(name, settings, facts, arrays)


def restore_head(state: HeadState) -> Head:
    """Restore a head, which predicts what it predicted, bit for bit, without Keras.

    A setting that is missing has its default, so that heads stored before there was such a setting
    still load. HeadError if anything is not as :func:`head_state` gives it.
    """
    arrays = ArrayReader(state.arrays, f"head {state.name}")
    try:
        head = make_head(state.name, **_with_labels(int, state.settings))
    except (HeadError, ValueError) as error:
        # what follows is the value, which may be anything
        clause = str(error).partition(". Got ")[0].rstrip(".")
        raise arrays.refusal(f"has settings that cannot be ({clause[:300]})") from None
    facts, least = state.facts, {"n_features_in_": 1} | dict.fromkeys(head.whole_numbers, 0)
    classes = facts.get("classes_")
    if (
        facts.keys() != {"classes_", *least}
        or not all(_is_whole(facts[key], lowest) for key, lowest in least.items())
        or not isinstance(classes, list)
        or not all(map(_is_whole, classes))
        or sorted(set(classes)) != classes
        or len(classes) < 2
    ):
        raise arrays.refusal(f"has other facts than {', '.join(least)} and rising classes_")
    for key in least:
        setattr(head, key, facts[key])
    head.classes_ = np.array(classes, np.int64)
    head.take_arrays(arrays)
    arrays.finish()
    return head


def _with_labels(kind: Callable[[Any], Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Write the classes of a weight per class as JSON has them, as text, or read them again."""
    return {
        key: {kind(label): entry for label, entry in value.items()}
        if isinstance(value, Mapping)
        else value
        for key, value in settings.items()
    }


def _is_whole(value: object, lowest: int = -_LARGEST) -> bool:
    return type(value) is int and lowest <= value <= _LARGEST

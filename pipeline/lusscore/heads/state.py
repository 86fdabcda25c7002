"""A trained head as plain data, so that it can be stored without pickle."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from reprlib import repr as shortened
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.errors import HeadError
from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.base import EmbeddingHead
from lusscore.heads.registry import (
    EstimatorHead,
    Head,
    find_head,
    head_defaults,
    head_names,
    make_head,
)

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class HeadState:
    """What a trained head is made of.

    Attributes
    ----------
    name
        Its registered name.
    settings
        All of them, as plain JSON; a weight per class has the class as text for its key.
    facts
        What was learned that is no array, as plain JSON: ``n_features_in_``, ``classes_`` as a
        list of whole numbers, and for some heads ``n_iter_``. The curve of the training loss is
        not stored.
    arrays
        Learned numbers by name, never of Python objects.
    """

    name: str
    settings: Mapping[str, Any]
    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


def head_state(name: str, head: Head) -> HeadState:
    """Turn a trained head into plain data.

    Raises
    ------
    HeadError
        If the head is not one of that name, is not trained, or could not be restored: its labels
        are no whole numbers, or what it learned is not finite.
    """
    kind = type(head.estimator if isinstance(head, EstimatorHead) else head)
    if kind is not find_head(name) or not isinstance(head, EmbeddingHead | EstimatorHead):
        raise HeadError(
            f"A {type(head).__name__} cannot be stored as the head {name}; give the name under "
            "which it was made."
        )
    if not hasattr(head, "classes_"):
        raise HeadError(f"The head {name} is not trained; fit it before it is stored.")
    if head.classes_.dtype.kind not in "iu":
        raise HeadError(
            f"The head {name} was trained on labels of {head.classes_.dtype}, with which it cannot "
            "be stored; train it on scores, which are whole numbers."
        )
    settings = {key: _to_json(value) for key, value in head.get_params(deep=False).items()}
    facts: dict[str, Any] = {
        "n_features_in_": int(head.n_features_in_),
        "classes_": [int(label) for label in head.classes_],
    }
    facts |= {key: int(getattr(head, key)) for key in head.whole_numbers}
    arrays = {key: np.array(array, order="C") for key, array in head.learned_arrays().items()}
    state = HeadState(name, settings, facts, arrays)
    restore_head(state)  # what could not be restored must not be stored
    return state


def restore_head(state: HeadState) -> Head:
    """Restore a head, which predicts what it predicted, bit for bit, without Keras.

    A setting that is missing has its default, so that heads stored before there was such a setting
    still load.

    Raises
    ------
    HeadError
        If anything is not as :func:`head_state` gives it.
    """
    if not isinstance(state.name, str) or state.name not in head_names():
        raise HeadError(
            f"A stored head is named {shortened(state.name)}, which is none of "
            f"{', '.join(head_names())}; it is damaged or altered, or of a later lusscore."
        )
    arrays = ArrayReader(state.arrays, f"head {state.name}")
    known = head_defaults(state.name)
    for key in state.settings:
        if key not in known:
            raise arrays.refusal(f"has no setting {shortened(key)}")
    settings = {key: _from_json(key, value, arrays) for key, value in state.settings.items()}
    try:
        head = make_head(state.name, **settings)
    except HeadError as error:
        # what follows is the value, which may be anything
        clause = error.what.partition(". Got ")[0].rstrip(".")
        raise arrays.refusal(f"has a setting out of its range ({clause})") from None
    assert isinstance(head, EmbeddingHead | EstimatorHead)
    _set_facts(head, state.facts, arrays)
    head.take_arrays(arrays)
    arrays.finish()
    return head


def _set_facts(
    head: EmbeddingHead | EstimatorHead, facts: Mapping[str, Any], arrays: ArrayReader
) -> None:
    least = {"n_features_in_": 1} | dict.fromkeys(head.whole_numbers, 0)
    expected = {"classes_", *least}
    if set(facts) != expected:
        raise arrays.refusal(f"has other facts than {', '.join(sorted(expected))}")
    classes = facts["classes_"]
    whole = isinstance(classes, list) and all(_is_whole(label) for label in classes)
    if not whole or len(classes) < 2 or sorted(set(classes)) != classes:
        raise arrays.refusal("has classes that are not two or more whole numbers that rise")
    for key, lowest in least.items():
        if not _is_whole(facts[key]) or facts[key] < lowest:
            raise arrays.refusal(f"has a {key} that is no whole number from {lowest}")
        setattr(head, key, facts[key])
    head.classes_ = np.array(classes, np.int64)


def _is_whole(value: object) -> bool:
    return type(value) is int and abs(value) <= _LARGEST


def _to_json(value: Any) -> Any:
    """Make a setting plain JSON."""
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, Mapping):
        return value
    if not all(isinstance(key, Integral) for key in value):
        raise HeadError(
            f"A setting has the keys {shortened(list(value))}, with which it cannot be stored; use "
            "scores, which are whole numbers."
        )
    return {str(int(key)): _to_json(entry) for key, entry in value.items()}


def _from_json(key: str, value: Any, arrays: ArrayReader) -> Any:
    """Read a setting that may be anything; ranges are left to the head."""
    if isinstance(value, Mapping):
        for label, weight in value.items():
            of_class = isinstance(label, str) and _WHOLE.fullmatch(label)
            if not of_class or type(weight) not in (int, float) or not 0 <= weight < math.inf:
                raise arrays.refusal(f"has a setting {key} that is no table of classes and weights")
        return {int(label): weight for label, weight in value.items()}
    if type(value) not in (str, bool, int, float) or value != value:
        raise arrays.refusal(f"has {shortened(value)} for its setting {key}")
    return value

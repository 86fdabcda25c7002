"""A trained head as plain data, so that it can be kept without pickle."""

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
from lusscore.heads.embedding_head import EmbeddingHead
from lusscore.heads.estimator import EstimatorHead
from lusscore.heads.registry import Head, find_head, head_defaults, head_names, make_head

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
        not kept.
    arrays
        HeadState numbers by name, never of Python objects.
    """

    name: str
    settings: Mapping[str, Any]
    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


def head_state(name: str, head: Head) -> HeadState:
    """Take a trained head apart.

    Parameters
    ----------
    name
        Under which the head is registered.
    head
        Trained on labels that are whole numbers.

    Raises
    ------
    HeadError
        If the head is not one of that name, is not trained, or could not be restored: its labels
        are no whole numbers, or what it learned is not finite.
    """
    kind = type(head.estimator if isinstance(head, EstimatorHead) else head)
    if kind is not find_head(name) or not isinstance(head, EmbeddingHead | EstimatorHead):
        raise HeadError(
            f"A {type(head).__name__} cannot be kept as the head {name}; give the name under "
            "which it was made."
        )
    if not hasattr(head, "classes_"):
        raise HeadError(f"The head {name} is not trained; fit it before it is kept.")
    if head.classes_.dtype.kind not in "iu":
        raise HeadError(
            f"The head {name} was trained on labels of {head.classes_.dtype}, with which it cannot "
            "be kept; train it on scores, which are whole numbers."
        )
    settings = {key: _plain(value) for key, value in head.get_params(deep=False).items()}
    facts: dict[str, Any] = {
        "n_features_in_": int(head.n_features_in_),
        "classes_": [int(label) for label in head.classes_],
    }
    facts |= {key: int(getattr(head, key)) for key in head.whole_numbers}
    arrays = {key: np.array(array, order="C") for key, array in head.learned_arrays().items()}
    learned = HeadState(name, settings, facts, arrays)
    restore_head(learned)  # what could not come back must not be thought kept
    return learned


def restore_head(learned: HeadState) -> Head:
    """Put a head together again, which predicts what it predicted, bit for bit, without Keras.

    A setting that is missing has its default, so that heads kept before a setting came up go on.

    Raises
    ------
    HeadError
        If anything is not as :func:`head_state` gives it.
    """
    if not isinstance(learned.name, str) or learned.name not in head_names():
        raise HeadError(
            f"A kept head is named {shortened(learned.name)}, which is none of "
            f"{', '.join(head_names())}; it is damaged or altered, or of a later lusscore."
        )
    kept = ArrayReader(learned.arrays, f"head {learned.name}")
    made = make_head(learned.name)
    head: EmbeddingHead | EstimatorHead
    if isinstance(made, EmbeddingHead):
        head = made
        _set_settings(head, learned, kept)
    else:
        head = _with_settings(learned, kept)
    _set_facts(head, learned.facts, kept)
    head.take_arrays(kept)
    kept.finish()
    return head


def _set_settings(head: EmbeddingHead, learned: HeadState, kept: ArrayReader) -> None:
    known = head_defaults(learned.name)
    for key, value in learned.settings.items():
        if key not in known:
            raise kept.refusal(f"has no setting {shortened(key)}")
        setattr(head, key, _python(key, value, kept))
    try:
        head._validate_params()
    except ValueError as error:
        # what stands after it is the value, which may be anything
        clause = str(error).partition(". Got ")[0].rstrip(".")
        raise kept.refusal(f"has a setting out of its range ({clause})") from None


def _with_settings(learned: HeadState, kept: ArrayReader) -> EstimatorHead:
    settings = {key: _python(key, value, kept) for key, value in learned.settings.items()}
    try:
        made = make_head(learned.name, **settings)
    except HeadError as error:
        raise kept.refusal(f"has settings that are not its own ({error.what})") from None
    assert isinstance(made, EstimatorHead)
    return made


def _set_facts(
    head: EmbeddingHead | EstimatorHead, facts: Mapping[str, Any], kept: ArrayReader
) -> None:
    expected = {"n_features_in_", "classes_", *head.whole_numbers}
    if set(facts) != expected:
        raise kept.refusal(f"has other facts than {', '.join(sorted(expected))}")
    classes = facts["classes_"]
    whole = isinstance(classes, list) and all(_is_whole(label) for label in classes)
    if not whole or len(classes) < 2 or sorted(set(classes)) != classes:
        raise kept.refusal("has classes that are not two or more whole numbers that rise")
    for key in ("n_features_in_", *head.whole_numbers):
        least = 1 if key == "n_features_in_" else 0
        if not _is_whole(facts[key]) or facts[key] < least:
            raise kept.refusal(f"has a {key} that is no whole number from {least}")
        setattr(head, key, facts[key])
    head.classes_ = np.array(classes, np.int64)


def _is_whole(value: object) -> bool:
    return type(value) is int and abs(value) <= _LARGEST


def _plain(value: Any) -> Any:
    """Make a setting plain JSON."""
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, Mapping):
        return value
    if not all(isinstance(key, Integral) for key in value):
        raise HeadError(
            f"A setting has the keys {shortened(list(value))}, with which it cannot be kept; use "
            "scores, which are whole numbers."
        )
    return {str(int(key)): _plain(entry) for key, entry in value.items()}


def _python(key: str, value: Any, kept: ArrayReader) -> Any:
    """Read a setting that may be anything; ranges are left to the head."""
    if isinstance(value, Mapping):
        weights = all(
            isinstance(label, str)
            and _WHOLE.fullmatch(label)
            and type(weight) in (int, float)
            and 0 <= weight < math.inf
            for label, weight in value.items()
        )
        if not weights:
            raise kept.refusal(f"has a setting {key} that is no table of classes and weights")
        return {int(label): weight for label, weight in value.items()}
    if type(value) not in (str, bool, int, float) or value != value:
        raise kept.refusal(f"has {shortened(value)} for its setting {key}")
    return value

"""The registry of heads: scikit-learn classifiers on embeddings, one file each."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lusscore.errors import HeadError


class Head(Protocol):
    """A scikit-learn classifier that also takes embeddings with an axis of variants.

    Every head takes `groups`, `clips` and `exams` as plain keywords, and those that have no use
    for them ignore them, so that a caller never asks which head it has.
    """

    classes_: NDArray[Any]
    uses_keras: bool

    def _validate_params(self) -> None:
        """Raise ValueError on a setting that is out of range; scikit-learn's own."""

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        clips: ArrayLike | None = None,
        exams: ArrayLike | None = None,
    ) -> Any:
        """Train on (frames, 1 + variants, dim), each frame of a patient, a recording, an exam."""

    def predict_proba(
        self, X: ArrayLike, clips: ArrayLike | None = None, exams: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Return probabilities, shape (frames, classes)."""


_Class = TypeVar("_Class", bound=type)
_HEADS: dict[str, type[Any]] = {}


def register_head(name: str) -> Callable[[_Class], _Class]:
    """Register a head class under `name`.

    Raises
    ------
    ValueError
        If the name is taken.
    """

    def register(head: _Class) -> _Class:
        if name in _HEADS:
            raise ValueError(f"a head named {name!r} is registered already")
        _HEADS[name] = head
        return head

    return register


def head_names() -> tuple[str, ...]:
    """Names of all heads."""
    return tuple(_HEADS)


def head_defaults(name: str) -> dict[str, Any]:
    """Return a head's settings and their defaults.

    Raises
    ------
    HeadError
        If no head has that name.
    """
    return {
        key: parameter.default
        for key, parameter in inspect.signature(find_head(name)).parameters.items()
    }


def head_summary(name: str) -> str:
    """Return what a head is, in the first line of its class's docstring.

    Raises
    ------
    HeadError
        If no head has that name.
    """
    return (inspect.getdoc(find_head(name)) or "").partition("\n")[0]


def make_head(name: str, **settings: Any) -> Head:
    """Make an untrained head.

    Raises
    ------
    HeadError
        If no head has that name, a setting is unknown to it, or a value is out of its range.
    """
    head = find_head(name)
    known = head_defaults(name)
    for key in settings:
        if key not in known:
            raise HeadError(f"Head {name} has no setting {key!r}; it has {', '.join(known)}.")
    made: Head = head(**settings)
    try:
        # scikit-learn checks ranges only when fitting, which would be after the data is read
        made._validate_params()
    except ValueError as error:
        raise HeadError(str(error)) from None
    return made


def find_head(name: str) -> type[Any]:
    """Return the class of a head.

    Raises
    ------
    HeadError
        If no head has that name.
    """
    try:
        return _HEADS[name]
    except KeyError:
        allowed = ", ".join(_HEADS)
        raise HeadError(f"Unknown head {name!r}; expected one of {allowed}.") from None

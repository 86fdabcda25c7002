"""The registry of heads: scikit-learn classifiers on embeddings, one file each."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lusscore.errors import HeadError


class Head(Protocol):
    """A scikit-learn classifier that also takes embeddings with an axis of variants."""

    classes_: NDArray[Any]

    def fit(self, X: ArrayLike, y: ArrayLike) -> Any:
        """Train on (frames, 1 + variants, dim)."""

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities, shape (frames, classes), of the clean variant."""


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
        for key, parameter in inspect.signature(_find(name)).parameters.items()
    }


def make_head(name: str, **settings: Any) -> Head:
    """Make an untrained head.

    Raises
    ------
    HeadError
        If no head has that name, or a setting is unknown to it; the message lists what there is.
    """
    head = _find(name)
    known = head_defaults(name)
    for key in settings:
        if key not in known:
            raise HeadError(f"Head {name} has no setting {key!r}; it has {', '.join(known)}.")
    made: Head = head(**settings)
    return made


def _find(name: str) -> type[Any]:
    try:
        return _HEADS[name]
    except KeyError:
        allowed = ", ".join(_HEADS)
        raise HeadError(f"Unknown head {name!r}; expected one of {allowed}.") from None

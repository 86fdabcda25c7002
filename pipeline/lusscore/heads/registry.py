"""The registry of heads: classifiers on embeddings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lusscore.errors import HeadError
from lusscore.heads.embedding_head import EmbeddingHead
from lusscore.heads.estimator import EstimatorHead
from lusscore.registry import Plugin, Registry


class Head(Protocol):
    """A scikit-learn classifier that also takes embeddings with an axis of variants.

    Every head takes `groups`, `clips` and `exams` as plain keywords, and those that have no use
    for them ignore them, so that a caller never asks which head it has.
    """

    classes_: NDArray[Any]
    uses_keras: bool

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all settings."""

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
_HEADS = Registry[type[Any]]("head", HeadError, "lusscore.heads")


def register_head(name: str) -> Callable[[_Class], _Class]:
    """Register a head class under `name`.

    The class needs ``fit(X, y)`` and ``predict_proba(X)``, as classifiers of scikit-learn have
    them; see :class:`lusscore.heads.estimator.EstimatorHead` for what it may have besides. Its
    settings are those parameters whose default is a number, a word, true or false.

    Raises
    ------
    HeadError
        If the name is taken, or the class lacks one of the two.
    """

    def register(head: _Class) -> _Class:
        lacking = [need for need in ("fit", "predict_proba") if not hasattr(head, need)]
        if lacking:
            raise HeadError(f"The head {name} has no {' and no '.join(lacking)}; it needs both.")
        _HEADS.register(name, head)
        return head

    return register


def head_names() -> tuple[str, ...]:
    """Names of all heads."""
    return tuple(_HEADS)


def head_defaults(name: str) -> dict[str, Any]:
    """Return a head's settings and their defaults, its seed among them.

    Raises
    ------
    HeadError
        If no head has that name.
    """
    head = find_head(name)
    defaults = {
        key: parameter.default
        for key, parameter in inspect.signature(head).parameters.items()
        if isinstance(parameter.default, bool | int | float | str)
    }
    return defaults if issubclass(head, EmbeddingHead) else {**defaults, "seed": 0}


def learns_from_variants(name: str, settings: Mapping[str, Any]) -> bool:
    """Tell whether a head learns from variants: those that need not have a setting for it."""
    return issubclass(find_head(name), EmbeddingHead) and bool(settings.get("variants", True))


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
    if issubclass(head, EmbeddingHead):
        made: Any = head(**settings)
        return _checked(made, made)
    own = {key: value for key, value in settings.items() if key != "seed"}
    made = head(**own)
    for key in ("seed", "random_state"):
        if key in inspect.signature(head).parameters and key not in own:
            setattr(made, key, settings.get("seed", 0))
    return _checked(made, EstimatorHead(name, made, known | settings))


def _checked(estimator: Any, head: Head) -> Head:
    """Check settings: scikit-learn does it only when fitting, after the data is read."""
    try:
        getattr(estimator, "_validate_params", lambda: None)()
    except ValueError as error:
        raise HeadError(str(error)) from None
    return head


def find_head(name: str) -> type[Any]:
    """Return the class of a head.

    Raises
    ------
    HeadError
        If no head has that name.
    """
    return _HEADS[name]


def head_plugin(name: str) -> Plugin | None:
    """Return the plug-in that a head is of; None for lusscore's own."""
    return _HEADS.plugin(name)

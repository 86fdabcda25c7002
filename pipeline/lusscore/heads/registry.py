"""The registry of heads, and classifiers of other packages as heads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lusscore.errors import HeadError
from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.base import EmbeddingHead, Floats, clean_variant
from lusscore.heads.mapped_rows import MappedRows
from lusscore.registry import Registry

_Class = TypeVar("_Class", bound=type)
_HEADS = Registry[type[Any]]("head", HeadError, "lusscore.heads")
head_plugin = _HEADS.plugin


def register_head(name: str) -> Callable[[_Class], _Class]:
    """Register a head class under `name`.

    The class needs ``fit(X, y)`` and ``predict_proba(X)``, as classifiers of scikit-learn have
    them; see :class:`lusscore.heads.registry.EstimatorHead` for what it may have besides. Its
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


def find_head(name: str) -> type[Any]:
    """Return the class of a head; HeadError if none has that name."""
    return _HEADS[name]


def head_defaults(name: str) -> dict[str, Any]:
    """Return a head's settings and their defaults, its seed among them."""
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
    """Return what a head is: the first line of its class's docstring."""
    return (inspect.getdoc(find_head(name)) or "").partition("\n")[0]


def make_head(name: str, **settings: Any) -> Head:
    """Make an untrained head.

    Raises
    ------
    HeadError
        If no head has that name, a setting is unknown to it, or a value is out of its range.
    """
    kind, known = find_head(name), head_defaults(name)
    for key in settings:
        if key not in known:
            raise HeadError(f"Head {name} has no setting {key!r}; it has {', '.join(known)}.")
    is_own = issubclass(kind, EmbeddingHead)
    given = dict(settings)
    if not is_own:
        seed = given.pop("seed", 0)
        for key in {"seed", "random_state"} & inspect.signature(kind).parameters.keys():
            given.setdefault(key, seed)
    made = kind(**given)
    try:  # scikit-learn does it only when fitting, after the data is read
        getattr(made, "_validate_params", lambda: None)()
    except ValueError as error:
        raise HeadError(str(error)) from None
    return made if is_own else EstimatorHead(name, made, known | settings)


class EstimatorHead:
    """A classifier of clean frames; variants are not shown to it.

    Parameters
    ----------
    name
        Under which it is registered.
    estimator
        Has ``fit(X, y)`` and ``predict_proba(X)`` for X of shape (frames, dim), as classifiers of
        scikit-learn do. Its ``fit`` may name ``groups`` (patients), ``clips`` or ``exams`` too,
        and its ``predict_proba`` the last two. With ``get_learned()``, which returns arrays by
        name, and ``set_learned(arrays)`` it can go into a bundle.
    settings
        What it was made with.
    """

    whole_numbers = ()

    def __init__(self, name: str, estimator: Any, settings: Mapping[str, Any]) -> None:
        self.name, self.estimator, self.settings = name, estimator, dict(settings)
        self.uses_keras = bool(getattr(estimator, "uses_keras", False))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all settings."""
        return dict(self.settings)

    def fit(
        self, X: ArrayLike | MappedRows, y: ArrayLike, **owners: ArrayLike | None
    ) -> EstimatorHead:
        """Train on the clean frames of (frames, 1 + variants, dim)."""
        clean = _clean(X)
        self.estimator.fit(clean, np.asarray(y), **_named(self.estimator.fit, owners))
        self.n_features_in_ = clean.shape[1]
        self.classes_ = np.asarray(getattr(self.estimator, "classes_", np.unique(y)))
        return self

    def predict_proba(self, X: ArrayLike, **owners: ArrayLike | None) -> Floats:
        """Return probabilities of the clean frames, shape (frames, classes)."""
        clean, predict = _clean(X), self.estimator.predict_proba
        found = np.asarray(predict(clean, **_named(predict, owners)), np.float64)
        expected = (len(clean), len(self.classes_))
        if found.shape != expected:
            raise HeadError(
                f"predict_proba of head {self.name} gives shape {found.shape}; expected {expected},"
                " a row per frame and a column per score seen in training"
            )
        if not (np.isfinite(found).all() and np.allclose(found.sum(axis=1), 1, atol=1e-3)):
            raise HeadError(
                f"predict_proba of head {self.name} gives rows that are no probabilities; expected "
                "numbers from 0 to 1 that add up to 1"
            )
        return found

    def learned_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what it learned, for a bundle; HeadError if the classifier does not say so."""
        needed = ("get_learned", "set_learned")
        lacking = [name for name in needed if not hasattr(self.estimator, name)]
        if lacking:
            raise HeadError(
                f"head {self.name} can be cross-validated but not stored in a bundle, which holds "
                f"arrays and no code: it lacks {' and '.join(lacking)}",
                advice="give it get_learned(), which returns arrays by name, and "
                "set_learned(arrays), which puts them back (docs/extending.md)",
            )
        return {key: np.asarray(array) for key, array in self.estimator.get_learned().items()}

    def take_arrays(self, arrays: ArrayReader) -> None:
        """Put back what it learned."""
        if not hasattr(self.estimator, "set_learned"):
            raise arrays.refusal("is of a kind that cannot be stored")
        self.estimator.set_learned(arrays.take_all())


Head: TypeAlias = EmbeddingHead | EstimatorHead
"""A scikit-learn classifier that also takes embeddings with an axis of variants.

Every head takes `groups`, `clips` and `exams` as plain keywords, and those that have no use for
them ignore them, so that a caller never asks which head it has.
"""


def _clean(X: ArrayLike | MappedRows) -> NDArray[np.float32]:
    return np.asarray(clean_variant(X if isinstance(X, MappedRows) else np.asarray(X)), np.float32)


def _named(function: Any, owners: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what a function has a parameter for."""
    known = inspect.signature(function).parameters
    return {key: value for key, value in owners.items() if key in known}

"""Any classifier with ``fit`` and ``predict_proba`` as a head."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lusscore.errors import HeadError
from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.mapped_rows import MappedRows

_OWNERS = ("groups", "clips", "exams")
_KEEPING = ("get_learned", "set_learned")


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
        self,
        X: ArrayLike | MappedRows,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        clips: ArrayLike | None = None,
        exams: ArrayLike | None = None,
    ) -> EstimatorHead:
        """Train on the clean frames of (frames, 1 + variants, dim)."""
        clean = _clean(X)
        owners = dict(zip(_OWNERS, (groups, clips, exams), strict=True))
        self.estimator.fit(clean, np.asarray(y), **_named(self.estimator.fit, owners))
        self.n_features_in_ = clean.shape[1]
        self.classes_ = np.asarray(getattr(self.estimator, "classes_", np.unique(y)))
        return self

    def predict_proba(
        self, X: ArrayLike, clips: ArrayLike | None = None, exams: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Return probabilities of the clean frames, shape (frames, classes).

        Raises
        ------
        HeadError
            If the classifier gives anything else.
        """
        clean = _clean(X)
        owners = {"clips": clips, "exams": exams}
        given = self.estimator.predict_proba(clean, **_named(self.estimator.predict_proba, owners))
        found = np.asarray(given, np.float64)
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
        """Return what it learned, for a bundle.

        Raises
        ------
        HeadError
            If the classifier does not say so.
        """
        lacking = [name for name in _KEEPING if not hasattr(self.estimator, name)]
        if lacking:
            raise HeadError(
                f"head {self.name} can be cross-validated but not kept in a bundle, which holds "
                f"arrays and no code: it lacks {' and '.join(lacking)}",
                advice="give it get_learned(), which returns arrays by name, and "
                "set_learned(arrays), which puts them back (docs/extending.md)",
            )
        return {key: np.asarray(array) for key, array in self.estimator.get_learned().items()}

    def take_arrays(self, kept: ArrayReader) -> None:
        """Put back what it learned.

        Raises
        ------
        HeadError
            If the classifier has no use for it.
        """
        if not hasattr(self.estimator, "set_learned"):
            raise kept.refusal("is of a kind that cannot be kept")
        self.estimator.set_learned(kept.take_all())


def _clean(X: ArrayLike | MappedRows) -> NDArray[Any]:
    if isinstance(X, MappedRows):
        return np.asarray(X.variant(0), np.float32)
    whole = np.asarray(X)
    return np.asarray(whole[:, 0] if whole.ndim == 3 else whole, np.float32)


def _named(function: Any, owners: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what a function has a parameter for."""
    known = inspect.signature(function).parameters
    return {key: value for key, value in owners.items() if key in known}

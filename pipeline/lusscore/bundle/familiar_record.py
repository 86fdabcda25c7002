"""What clips of the training cohort look like, in ``bundle.json`` and ``arrays.npz``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.bundle.arrays import Arrays
from lusscore.bundle.bundle import Familiar
from lusscore.bundle.entries import Entries
from lusscore.bundle.names import ARRAYS
from lusscore.bundle.refusal import Refusal

_PREFIX = "familiar."
_LARGEST = 1e30


def familiar_record(familiar: Familiar) -> tuple[dict[str, Any], Arrays]:
    """Return its numbers for ``bundle.json``, and its arrays by their names there."""
    numbers = {key: getattr(familiar, key) for key in ("rest", "limit", "share")}
    arrays = {
        _PREFIX + key: np.asarray(getattr(familiar, key), np.float32)
        for key in ("mean", "directions", "deviations")
    }
    return numbers, arrays


def take_familiar(record: Entries, dim: int, arrays: Arrays) -> Familiar:
    """Read it, taking its arrays out of `arrays`.

    Parameters
    ----------
    record
        Its numbers.
    dim
        Length of the embeddings of all backbones together.
    arrays
        Of the bundle.

    Raises
    ------
    Refusal
        If an array is missing or of another shape, or a number is out of range.
    """
    mean = _take(arrays, "mean", 1)
    directions = _take(arrays, "directions", 2)
    deviations = _take(arrays, "deviations", 1)
    components = len(deviations)
    if mean.shape != (dim,) or directions.shape != (dim, components):
        raise Refusal(
            f"{ARRAYS}: {_PREFIX}mean and {_PREFIX}directions have the shapes {mean.shape} and "
            f"{directions.shape}; expected {(dim,)} and {(dim, components)}"
        )
    if not (components and (deviations > 0).all()):
        raise Refusal(f"{ARRAYS}: {_PREFIX}deviations has none, or some that are not above 0")
    rest, limit = (record.number(key, 0, _LARGEST, above=True) for key in ("rest", "limit"))
    familiar = Familiar(mean, directions, deviations, rest, limit, record.number("share", 0, 1))
    record.end()
    return familiar


def _take(arrays: Arrays, key: str, axes: int) -> NDArray[np.float32]:
    array = arrays.pop(_PREFIX + key, None)
    if array is None or array.dtype != np.float32 or array.ndim != axes:
        raise Refusal(f"{ARRAYS}: {_PREFIX}{key} is missing or not float32 with {axes} axes")
    return array

"""Arrays of a stored head, taken one by one and checked."""

from __future__ import annotations

from collections.abc import Mapping
from reprlib import repr as shortened
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.errors import HeadError


class ArrayReader:
    """Gives out arrays by name, and refuses with `HeadError` whatever is not as expected.

    Messages name the owner: ``"head softmax"``.
    """

    def __init__(self, arrays: Mapping[str, Any], owner: str) -> None:
        self._arrays = dict(arrays)
        self._owner = owner

    def has(self, name: str) -> bool:
        """Tell whether there is an array of that name."""
        return name in self._arrays

    def take(
        self, name: str, shape: tuple[int | None, ...], dtype: type[np.generic]
    ) -> NDArray[Any]:
        """Take a copy of an array out, its last axis contiguous; None fits any length from 1."""
        array = self._arrays.pop(name, None)
        if not isinstance(array, np.ndarray):
            raise self.refusal(f"lacks its array {name}")
        if array.dtype != np.dtype(dtype):
            found = shortened(str(array.dtype))
            raise self.refusal(f"has its array {name} in {found}, expected in {np.dtype(dtype)}")
        fits = array.ndim == len(shape) and all(
            found > 0 if side is None else found == side
            for found, side in zip(array.shape, shape, strict=True)
        )
        if not fits:
            expected = ", ".join("any" if side is None else str(side) for side in shape)
            raise self.refusal(
                f"has its array {name} in shape {array.shape}, expected in ({expected})"
            )
        if not np.isfinite(array).all():
            raise self.refusal(f"has a number that is not finite in its array {name}")
        # the last digit of a product depends on the order in memory, which a file need not keep
        return np.array(array, order="C")

    def take_all(self) -> dict[str, NDArray[Any]]:
        """Take copies of all arrays that are left, of whatever type and shape."""
        left, self._arrays = self._arrays, {}
        return {name: np.array(array, order="C") for name, array in left.items()}

    def finish(self) -> None:
        """Refuse arrays that nobody has taken."""
        if self._arrays:
            left = shortened(next(iter(self._arrays)))
            raise self.refusal(f"has an array {left} that it has no use for")

    def refusal(self, what: str) -> HeadError:
        """Return the error that says `what` of the owner: a clause that begins with a verb."""
        return HeadError(
            f"The stored {self._owner} {what}; it is damaged or altered, so get it again or train "
            "it again."
        )

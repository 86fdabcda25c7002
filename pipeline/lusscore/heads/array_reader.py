"""Arrays of a stored head, taken one by one and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.errors import HeadError
from lusscore.records import quoted


class ArrayReader:
    """Gives out arrays by name, and refuses with `HeadError` whatever is not as expected.

    Messages name the owner: ``"head softmax"``. That numbers are finite is seen to by what reads
    the file.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], owner: str) -> None:
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
        if array is None:
            raise self.refusal(f"lacks its array {name}")
        fits = array.ndim == len(shape) and all(
            found == side or (side is None and found > 0)
            for found, side in zip(array.shape, shape, strict=True)
        )
        if array.dtype != dtype or not fits:
            expected = ", ".join("any" if side is None else str(side) for side in shape)
            raise self.refusal(
                f"has its array {name} as {array.dtype} {array.shape}, "
                f"expected {np.dtype(dtype)} ({expected})"
            )
        # the last digit of a product depends on the order in memory, which a file need not keep
        return np.array(array, order="C")

    def take_all(self) -> dict[str, NDArray[Any]]:
        """Take copies of all arrays that are left, of whatever type and shape."""
        left, self._arrays = self._arrays, {}
        return {name: np.array(array, order="C") for name, array in left.items()}

    def finish(self) -> None:
        """Refuse arrays that nobody has taken."""
        for name in self._arrays:
            raise self.refusal(f"has an array {quoted(name)} that it has no use for")

    def refusal(self, what: str) -> HeadError:
        """Return the error that says `what` of the owner: a clause that begins with a verb."""
        return HeadError(
            f"The stored {self._owner} {what}; it is damaged or altered, so get it again or train "
            "it again."
        )

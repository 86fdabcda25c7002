"""Taking values of known kinds out of what JSON gave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lusscore.bundle.names import RECORD
from lusscore.bundle.refusal import Refusal, quoted

# one character of a line: no control, and nothing that turns the order of those around it
LINE = "[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
# more than any size, count or seed that is written down
_LARGEST = 2**53


class Entries:
    """An object of ``bundle.json``, of which every key must be asked for.

    Parameters
    ----------
    values
        What JSON gave.
    place
        Where it stands, for messages; empty at the top.
    """

    def __init__(self, values: Any, place: str = "") -> None:
        self._place = place
        if not isinstance(values, dict):
            raise Refusal(f"{RECORD}: {place} is not an object")
        self._values = values
        self._left = set(values)

    def text(self, key: str, pattern: str = f"{LINE}{{0,1000}}") -> str:
        """Return a text that fits the whole of a pattern; by default a line."""
        value = self._take(key)
        if not (isinstance(value, str) and re.fullmatch(pattern, value)):
            raise self.refusal(key, "is not the text that is expected there")
        return value

    def number(self, key: str, low: float, high: float, *, above: bool = False) -> float:
        """Return a number from `low`, or above it, to `high`."""
        value = self._take(key)
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (good and low <= value <= high and not (above and value == low)):
            limits = f"above {low:g} and up to" if above else f"from {low:g} to"
            raise self.refusal(key, f"is not a number {limits} {high:g}")
        return float(value)

    def whole(self, key: str, low: int = 0, high: int = _LARGEST) -> int:
        """Return a whole number from `low` to `high`."""
        value = self._take(key)
        if type(value) is not int or not low <= value <= high:
            raise self.refusal(key, f"is not a whole number from {low} to {high}")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._take(key)
        if not isinstance(value, bool):
            raise self.refusal(key, "is neither true nor false")
        return value

    def table(self, key: str) -> dict[str, Any]:
        """Return an object as it is."""
        value = self._take(key)
        if not isinstance(value, dict):
            raise self.refusal(key, "is not an object")
        return value

    def values(self, key: str, least: int = 0) -> list[Any]:
        """Return a list as it is."""
        value = self._take(key)
        if not isinstance(value, list) or not least <= len(value) <= 1000:
            raise self.refusal(key, f"is not a list of at least {least}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self.values(key)
        if not all(isinstance(value, str) for value in values):
            raise self.refusal(key, "is not a list of texts")
        return tuple(values)

    def inner(self, key: str) -> Entries:
        """Return an object of this one."""
        return Entries(self._take(key), self._at(key))

    def each(self, key: str) -> Iterator[Entries]:
        """Yield the objects of a list that has at least one."""
        for number, value in enumerate(self.values(key, least=1)):
            yield Entries(value, f"{self._at(key)}[{number}]")

    def is_null(self, key: str) -> bool:
        """Tell whether there is no value, and if so take it."""
        if self._values.get(key, 0) is not None:
            return False
        self._left.discard(key)
        return True

    def end(self) -> None:
        """Refuse keys that nothing asked for."""
        for key in sorted(self._left):
            raise Refusal(f"{RECORD}: {self._at(quoted(key))} is unknown")

    def refusal(self, key: str, what: str) -> Refusal:
        """Return a refusal that names the place of a key."""
        return Refusal(f"{RECORD}: {self._at(key)} {what}")

    def _at(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key

    def _take(self, key: str) -> Any:
        if key not in self._values:
            raise self.refusal(key, "is missing")
        self._left.discard(key)
        return self._values[key]

"""The value of one Label Studio result: words, and the frames or seconds they are said of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lusscore.cohort.importers.label_studio.tasks import Told

_OF_A_SEGMENT = ("timelinelabels", "labels")
_OF_ANYTHING = ("choices", "rating", "number", "taxonomy", "text")
# what a result has besides when it was said of a part of the picture
_OF_A_PLACE = frozenset(("x", "y", "sequence", "points", "vertices", "rle", "radiusX"))


def read_value(control: str, value: Mapping[str, Any]) -> Told | None:
    """Read a result's ``value``; None when it says nothing of a clip or of a segment of it.

    Raises
    ------
    ValueError
        If it is not as Label Studio writes it; the message says what is wrong.
    """
    kind = next((key for key in _OF_A_SEGMENT + _OF_ANYTHING if key in value), None)
    if kind is None or _OF_A_PLACE & value.keys():
        return None
    if "ranges" in value:
        ranges = tuple(_range(item) for item in _list("ranges", value["ranges"]))
        return Told(control, _words(kind, value[kind]), ranges) if ranges else None
    if "start" in value and "end" in value:
        seconds = (_number("start", value["start"]), _number("end", value["end"]))
        return Told(control, _words(kind, value[kind]), seconds=seconds)
    return None if kind in _OF_A_SEGMENT else Told(control, _words(kind, value[kind]))


def as_text(value: object) -> str | None:
    """Return a text or number as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        return str(value).strip()
    except ValueError:  # an integer of thousands of digits
        return None


def _words(kind: str, value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    if kind == "taxonomy":
        items = [path[-1] if isinstance(path, list) and path else path for path in items]
    words = [as_text(item) for item in items]
    if None in words:
        raise ValueError(f"{kind} holds what is neither text nor number")
    return tuple(word for word in words if word)


def _range(value: object) -> tuple[int, int]:
    if not isinstance(value, dict):
        raise ValueError("ranges holds what has no start and end")
    first, last = value.get("start"), value.get("end")
    for bound in (first, last):
        if isinstance(bound, bool) or not isinstance(bound, int):
            raise ValueError("a range does not start and end at frame numbers")
    assert isinstance(first, int)
    assert isinstance(last, int)
    return first, last


def _list(name: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"{name} is no list")
    return value


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name} is no number of seconds")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} is no number of seconds")
    return number

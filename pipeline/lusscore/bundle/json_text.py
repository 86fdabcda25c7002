"""JSON with one way to write it, and none of what the standard leaves open."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np

from lusscore.bundle.refusal import Refusal, quoted

_MOST_BYTES = 2 * 1024**2
_MOST_DEPTH = 20
# of terminals, and halves of characters, which nothing can write
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def write_json(document: dict[str, Any], name: str) -> bytes:
    """Return UTF-8, one entry a line, keys in the order given: that of tables and headings.

    Raises
    ------
    Refusal
        If a value is none of JSON's, or a number is not finite.
    """
    try:
        text = json.dumps(
            document, indent=1, ensure_ascii=False, allow_nan=False, default=_python_number
        )
        return f"{text}\n".encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Refusal(f"{name} cannot hold a value ({error})") from None


def read_json(data: bytes, name: str) -> dict[str, Any]:
    """Read an object.

    Raises
    ------
    Refusal
        If it is not JSON in UTF-8 of at most 2 MiB and some levels, has a key twice, or a number
        is not finite, or a text has control characters.
    """
    try:
        if len(data) > _MOST_BYTES:
            raise ValueError("it is larger than 2 MiB")
        document = json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_each_once,
        )
        _check_values(document)
    except (ValueError, RecursionError) as error:
        raise Refusal(f"{name} is not the JSON that lusscore writes ({error})") from None
    if not isinstance(document, dict):
        raise Refusal(f"{name} is not a JSON object")
    return document


def _python_number(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{quoted(text)} is no finite number")
    return number


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return table


def _check_values(document: object) -> None:
    left: list[tuple[object, int]] = [(document, 0)]
    while left:
        value, depth = left.pop()
        if depth > _MOST_DEPTH:
            raise ValueError(f"it has more than {_MOST_DEPTH} levels")
        if isinstance(value, str) and _ODD.search(value):
            raise ValueError("a text has a control character or half a character")
        if isinstance(value, dict):
            left += [(key, depth) for key in value]
            left += [(entry, depth + 1) for entry in value.values()]
        elif isinstance(value, list):
            left += [(entry, depth + 1) for entry in value]

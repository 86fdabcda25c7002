"""JSON with one way to write it, and none of what the standard leaves open."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from lusscore.bundle.refusal import Refusal, quoted


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
        If it is not JSON in UTF-8, has a key twice, or a number is not finite.
    """
    try:
        document = json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_each_once,
        )
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

"""A bundle's model card, laid out for a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_LOWEST = 6


@dataclass(frozen=True)
class Block:
    """A part of the card.

    Attributes
    ----------
    kind
        ``"heading"``, ``"entries"``, ``"list"`` or ``"table"``.
    level
        Of a heading: 3–6.
    text
        Of a heading.
    head
        Of a table: its columns.
    rows
        Of entries (name, value), of a list (text,), of a table its cells.
    """

    kind: str
    level: int = 0
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def card_blocks(card: Mapping[str, Any], level: int = 3) -> Iterator[Block]:
    """Lay out nested plain values, in their order: what is nested goes under a heading.

    Parameters
    ----------
    card
        Mappings, lists and plain values to any depth.
    level
        Of the headings of its keys.
    """
    plain: list[tuple[str, ...]] = []
    for key, value in card.items():
        if not isinstance(value, (Mapping, list, tuple)):
            plain.append((str(key), written(value)))
            continue
        if plain:
            yield Block("entries", rows=tuple(plain))
            plain = []
        yield Block("heading", min(level, _LOWEST), str(key))
        yield from _nested(value, level + 1)
    if plain:
        yield Block("entries", rows=tuple(plain))


def _nested(value: Any, level: int) -> Iterator[Block]:
    if not value:
        yield Block("list", rows=(("None.",),))
    elif isinstance(value, Mapping):
        yield from card_blocks(value, level)
    elif all(isinstance(row, Mapping) for row in value):
        head = tuple(dict.fromkeys(key for row in value for key in row))
        cells = tuple(tuple(written(row.get(key)) for key in head) for row in value)
        yield Block("table", head=tuple(map(str, head)), rows=cells)
    else:
        yield Block("list", rows=tuple((written(entry),) for entry in value))


def written(value: Any) -> str:
    """Write a plain value, or one nested in a cell, for people."""
    if value is None:
        return "n/a"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", "−")
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {written(entry)}" for key, entry in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(written, value))
    return str(value)

"""What a checklist is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One item of a checklist.

    Attributes
    ----------
    number
        As the checklist counts, e.g. ``"12a"``.
    topic
        The checklist's part in a word or two.
    asks
        What is asked, in our own words.
    facts
        Names of facts that answer it, see :mod:`lusscore.report.checklists.facts`.
    hint
        What only the authors can add; empty where facts answer all of it.
    """

    number: str
    topic: str
    asks: str
    facts: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Checklist:
    """A published checklist; `citation` says where its own sentences are."""

    name: str
    citation: str
    items: tuple[Item, ...]

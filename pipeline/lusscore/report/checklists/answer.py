"""A run's answers to the items of a checklist."""

from __future__ import annotations

from dataclasses import dataclass

import lusscore.report.checklists.facts  # noqa: F401  facts register themselves
from lusscore.report.checklists.fact import tell_fact
from lusscore.report.checklists.item import Checklist, Item
from lusscore.report.run_files import RunFiles

FILLED, PARTLY, AUTHORS = "filled", "in part", "for the authors"
_UNKNOWN = "The files of this run do not say."


@dataclass(frozen=True)
class Answer:
    """What a run says to one item.

    Attributes
    ----------
    item
        The item.
    status
        ``"filled"``, ``"in part"`` where authors must add to it, or ``"for the authors"``.
    texts
        One per fact.
    see
        Identifiers of sections of the report, each once.
    hint
        What is left to the authors; empty if nothing.
    """

    item: Item
    status: str
    texts: tuple[str, ...]
    see: tuple[str, ...]
    hint: str


def answer_items(checklist: Checklist, run: RunFiles) -> tuple[Answer, ...]:
    """Answer every item, in order, from what the run knows and nothing else."""
    return tuple(_answer(item, run) for item in checklist.items)


def _answer(item: Item, run: RunFiles) -> Answer:
    told = [tell_fact(name, run) for name in item.facts]
    facts = [fact for fact in told if fact is not None]
    # a fact that the run lacks leaves the item to the authors, at least in part
    hint = item.hint or ("" if len(facts) == len(told) else _UNKNOWN)
    status = FILLED if not hint else PARTLY if facts else AUTHORS
    see = dict.fromkeys(anchor for fact in facts for anchor in fact.see)
    return Answer(item, status, tuple(fact.text for fact in facts), tuple(see), hint)

"""Reporting checklists: what each item asks, in our own words, and what a run can answer."""

from lusscore.report.checklists.answer import AUTHORS, FILLED, PARTLY, Answer, answer_items
from lusscore.report.checklists.claim import CLAIM
from lusscore.report.checklists.item import Checklist, Item
from lusscore.report.checklists.tripod_ai import TRIPOD_AI

__all__ = [
    "AUTHORS",
    "CLAIM",
    "FILLED",
    "PARTLY",
    "TRIPOD_AI",
    "Answer",
    "Checklist",
    "Item",
    "answer_items",
]

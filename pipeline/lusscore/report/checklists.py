"""The items of TRIPOD+AI and CLAIM that a run can answer, and what is left to its authors.

``checklists.csv`` has the items in our own short words, the facts (:mod:`lusscore.report.facts`)
that answer each, and what only the authors can add.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pandas as pd

import lusscore.report.model_facts  # noqa: F401  facts register themselves
from lusscore.report.facts import state_fact
from lusscore.report.run_files import RunFiles

FILLED, PARTLY, AUTHORS = "filled", "in part", "for the authors"
TABLE_NAME = "tables/reporting_items.csv"
CITATIONS = {
    "TRIPOD+AI": "Collins et al. TRIPOD+AI statement. BMJ 2024;385:e078378",
    "CLAIM 2024": "Tejani et al. CLAIM: 2024 update. Radiology: Artificial Intelligence "
    "2024;6(4):e240300",
}
_UNKNOWN = "The files of this run do not say."
_SECTIONS = {
    "summary": "Summary",
    "results": "Results",
    "zones": "Zones",
    "discrimination": "ROC and confusion",
    "calibration": "Calibration",
    "global-score": "Global score",
    "exams": "Exams",
    "comparison": "Comparison",
    "selection": "Model selection",
    "data-flow": "Data flow",
    "folds": "Folds",
    "skipped": "Clips left out",
    "run": "Run and cohort",
    "limits": "Limits",
}
_OF_ZONES = ("global-score", "exams")


@dataclass(frozen=True)
class Item:
    """One item as `checklists.csv` has it; `facts` are names."""

    checklist: str
    number: str
    topic: str
    asks: str
    facts: tuple[str, ...]
    hint: str


@dataclass(frozen=True)
class Answer:
    """A run's answer to an item.

    `status` is ``"filled"``, ``"in part"`` where authors must add to it (`hint`), or ``"for the
    authors"``; `see` are identifiers and titles of the report's sections.
    """

    item: Item
    status: str
    texts: tuple[str, ...]
    see: tuple[tuple[str, str], ...]
    hint: str


def read_items() -> list[Item]:
    """Read the items of all checklists, in order."""
    text = (resources.files("lusscore.report") / "checklists.csv").read_text(encoding="utf-8")
    return [
        Item(
            row["checklist"],
            row["item"],
            row["topic"],
            row["asks"],
            tuple(row["facts"].split()),
            row["for_authors"],
        )
        for row in csv.DictReader(text.splitlines())
    ]


def reporting_items(run: RunFiles) -> dict[str, list[Answer]]:
    """Answer TRIPOD+AI and CLAIM with what the run's files hold, and nothing else."""
    answers: dict[str, list[Answer]] = {name: [] for name in CITATIONS}
    for item in read_items():
        answers[item.checklist].append(answer(item, run))
    return answers


def answer(item: Item, run: RunFiles) -> Answer:
    """Answer one item; a fact that the run lacks leaves it to the authors, at least in part."""
    stated = [state_fact(name, run) for name in item.facts]
    facts = [fact for fact in stated if fact is not None]
    hint = item.hint or ("" if len(facts) == len(stated) else _UNKNOWN)
    status = FILLED if not hint else PARTLY if facts else AUTHORS
    anchors = dict.fromkeys(anchor for fact in facts for anchor in fact.see)
    zones_known = bool(run.metrics["levels"]["zone"])
    see = tuple(
        (anchor, _SECTIONS[anchor]) for anchor in anchors if zones_known or anchor not in _OF_ZONES
    )
    texts = tuple(fact.text for fact in facts)
    return Answer(item, status, texts, see, hint)


def count_items(answers: Iterable[Answer]) -> str:
    """Say how many items are filled."""
    number = Counter(answer.status for answer in answers)
    return (
        f"{number[FILLED]} of {number.total()} items are filled from this run, {number[PARTLY]} in "
        f"part; {number[AUTHORS]} are for the authors"
    )


def write_reporting_items(folder: Path, items: Mapping[str, Sequence[Answer]]) -> None:
    """Write ``tables/reporting_items.csv``, one row per item."""
    rows = [
        {
            "checklist": name,
            "item": answer.item.number,
            "topic": answer.item.topic,
            "asks": answer.item.asks,
            "status": answer.status,
            "run_says": " ".join(answer.texts),
            "sections": "; ".join(title for _, title in answer.see),
            "for_authors": answer.hint,
        }
        for name, answers in items.items()
        for answer in answers
    ]
    pd.DataFrame(rows).to_csv(
        folder / TABLE_NAME, index=False, lineterminator="\n", encoding="utf-8"
    )

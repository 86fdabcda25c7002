"""The items of TRIPOD+AI and CLAIM that a run can answer, and what is left to its authors.

``checklists.csv`` has the items in our own short words, the facts
(:mod:`lusscore.report.facts`) that answer each, and what only the authors can add.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pandas as pd

from lusscore.files import write_text
from lusscore.report.facts import run_facts
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
"""Sections of the report by their identifiers."""

_SHOWN_IN = {
    "goal": "summary",
    "source": "run",
    "sizes": "data-flow",
    "groups": "folds",
    "differences": "run",
    "outcome": "run",
    "test_labels": "run",
    "scores": "folds",
    "unscored": "data-flow",
    "skipped": "skipped",
    "missing_zones": "zones exams",
    "frames_used": "run",
    "partition": "data-flow folds",
    "training_sizes": "data-flow folds",
    "internal": "results",
    "external": "limits",
    "subgroups": "folds",
    "robustness": "results",
    "predictors": "run",
    "preprocessing": "run",
    "head_input": "run",
    "training_data": "run",
    "initialisation": "run",
    "head": "run",
    "selection": "selection",
    "ensembles": "results",
    "imbalance": "results",
    "software": "run",
    "command": "run",
    "measures": "results discrimination calibration global-score",
    "uncertainty": "results",
    "compared": "comparison",
    "clusters": "folds",
    "output": "results",
    "performance": "summary results global-score",
    "failures": "discrimination exams",
    "limits": "limits",
    "flow": "data-flow",
    "per_score": "results discrimination",
    "specification": "run",
    "poor_input": "skipped calibration",
}
"""Sections in which the report shows what a fact states."""


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
    facts, absent = run_facts(run), set()
    if not run.metrics["levels"]["zone"]:
        absent |= {"global-score", "exams"}
    if run.selection is None or run.selection.empty:
        absent.add("selection")
    answers: dict[str, list[Answer]] = {name: [] for name in CITATIONS}
    for item in read_items():
        answers[item.checklist].append(answer(item, facts, absent))
    return answers


def answer(item: Item, facts: Mapping[str, str], absent: Collection[str] = ()) -> Answer:
    """Answer one item; a fact that the run lacks leaves it to the authors, at least in part.

    `absent` are sections that the report lacks.
    """
    known = [name for name in item.facts if name in facts]
    hint = item.hint or ("" if len(known) == len(item.facts) else _UNKNOWN)
    status = FILLED if not hint else PARTLY if known else AUTHORS
    anchors = dict.fromkeys(anchor for name in known for anchor in _SHOWN_IN.get(name, "").split())
    see = tuple((anchor, _SECTIONS[anchor]) for anchor in anchors if anchor not in absent)
    return Answer(item, status, tuple(facts[name] for name in known), see, hint)


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
    write_text(folder / TABLE_NAME, pd.DataFrame(rows).to_csv(index=False, lineterminator="\n"))

"""The items of reporting checklists that a run can fill, and what is left to its authors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lusscore.report.checklists import (
    AUTHORS,
    CLAIM,
    FILLED,
    PARTLY,
    TRIPOD_AI,
    Answer,
    Checklist,
    answer_items,
)
from lusscore.report.run_files import RunFiles

TABLE_NAME = "tables/reporting_items.csv"
_SECTIONS = {
    "summary": "Summary",
    "results": "Results",
    "zones": "Zones",
    "discrimination": "ROC and confusion",
    "calibration": "Calibration",
    "global-score": "Global score",
    "exams": "Exams",
    "comparison": "Comparison",
    "selection": "What was chosen",
    "data-flow": "Data flow",
    "folds": "Folds",
    "skipped": "Clips left out",
    "run": "Run and cohort",
    "limits": "Limits",
}
_OF_ZONES = ("global-score", "exams")


@dataclass(frozen=True)
class Row:
    """One item as shown; `see` are identifiers and titles of sections."""

    number: str
    topic: str
    asks: str
    status: str
    texts: tuple[str, ...]
    see: tuple[tuple[str, str], ...]
    hint: str


@dataclass(frozen=True)
class Filled:
    """One checklist with the run's answers; `counted` sums up how many there are."""

    name: str
    citation: str
    counted: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class ReportingItems:
    """All checklists; `counted` sums them up."""

    counted: str
    checklists: tuple[Filled, ...]


def reporting_items(run: RunFiles) -> ReportingItems:
    """Answer TRIPOD+AI and CLAIM with what the run's files hold."""
    filled = tuple(_filled(checklist, run) for checklist in (TRIPOD_AI, CLAIM))
    return ReportingItems(_count([row for one in filled for row in one.rows]), filled)


def write_reporting_items(folder: Path, items: ReportingItems) -> None:
    """Write ``tables/reporting_items.csv``, one row per item."""
    rows = [
        {
            "checklist": one.name,
            "item": row.number,
            "topic": row.topic,
            "asks": row.asks,
            "status": row.status,
            "run_says": " ".join(row.texts),
            "sections": "; ".join(title for _, title in row.see),
            "for_authors": row.hint,
        }
        for one in items.checklists
        for row in one.rows
    ]
    pd.DataFrame(rows).to_csv(
        folder / TABLE_NAME, index=False, lineterminator="\n", encoding="utf-8"
    )


def _filled(checklist: Checklist, run: RunFiles) -> Filled:
    rows = tuple(_row(answer, run) for answer in answer_items(checklist, run))
    return Filled(checklist.name, checklist.citation, _count(rows), rows)


def _row(answer: Answer, run: RunFiles) -> Row:
    zones_known = bool(run.metrics["levels"]["zone"])
    see = tuple(
        (anchor, _SECTIONS[anchor])
        for anchor in answer.see
        if zones_known or anchor not in _OF_ZONES
    )
    item = answer.item
    return Row(item.number, item.topic, item.asks, answer.status, answer.texts, see, answer.hint)


def _count(rows: list[Row] | tuple[Row, ...]) -> str:
    number = {
        status: sum(row.status == status for row in rows) for status in (FILLED, PARTLY, AUTHORS)
    }
    return (
        f"{number[FILLED]} of {len(rows)} items are filled from this run, {number[PARTLY]} in "
        f"part; {number[AUTHORS]} are for the authors"
    )

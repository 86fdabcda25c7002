"""One thing to know about a cohort before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing to know about a cohort.

    Attributes
    ----------
    level
        ``"error"``: results would be wrong or cannot be had. ``"warning"``: results may mislead.
        ``"note"``: good to know.
    code
        What kind of finding, in kebab case, e.g. ``"leak-across-patients"``.
    what
        One sentence; never holds the value of an identifier.
    where
        Clips, patients or lines it is about; clips that are one and the same are joined
        by ``" = "``.
    advice
        What to do, one sentence; empty where nothing is to be done.
    """

    level: Level
    code: str
    what: str
    where: tuple[str, ...] = ()
    advice: str = ""


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by level, errors first; within a level the order is kept."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))

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
        Patients, exams, raters or lines it is about.
    advice
        What to do, one sentence; empty where nothing is to be done.
    clips
        Clips it is about, as the manifest writes them; those that are one and the same stand
        together. They are kept apart, because files and folders are named after people: the
        page shows patient and zone instead.
    """

    level: Level
    code: str
    what: str
    where: tuple[str, ...] = ()
    advice: str = ""
    clips: tuple[tuple[str, ...], ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """All that it is about, for a terminal."""
        return (*self.where, *map(" = ".join, self.clips))


def each(clips: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return clips none of which is the same as another."""
    return tuple((clip,) for clip in clips)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by level, errors first; within a level the order is kept."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))

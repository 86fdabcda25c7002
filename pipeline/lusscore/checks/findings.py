"""Findings about a cohort, and the registry of the checks that make them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lusscore.errors import CohortError
from lusscore.registry import Registry
from lusscore.wording import have, plural

if TYPE_CHECKING:
    from lusscore.checks.inspection import Inspection

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing to know about a cohort.

    Attributes
    ----------
    level
        ``"error"``: results would be wrong or cannot be computed. ``"warning"``: results may
        mislead. ``"note"``: good to know.
    code
        What kind of finding, in kebab case, e.g. ``"leak-across-patients"``.
    what
        One sentence; never holds the value of an identifier.
    where
        Patients, exams, raters or lines it is about.
    advice
        What to do, one sentence; empty where nothing is to be done.
    clips
        Clips it is about, as the manifest writes them; copies of one recording stand together.
        They are kept apart, because files and folders are named after people: the page shows
        patient and zone instead.
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


def about_clips(
    level: Level, code: str, clips: Iterable[str], what: str, advice: str = ""
) -> Iterator[Finding]:
    """Make one finding about clips, each named once, unless there are none."""
    if groups := tuple((clip,) for clip in dict.fromkeys(clips)):
        yield Finding(level, code, what, advice=advice, clips=groups)


def they_have(things: Collection[object], noun: str) -> str:
    """Begin a sentence: ``1 clip has``, ``3 clips have``."""
    return f"{plural(len(things), noun)} {have(len(things))}"


Check = Callable[["Inspection"], Iterable[Finding]]
Needs = Literal["manifest", "headers", "frames"]
_NEEDS: tuple[Needs, ...] = ("manifest", "headers", "frames")

CHECKS = Registry[tuple[Check, Needs]]("check", CohortError, "lusscore.checks")
"""The check and what it needs, by the codes of the findings that it can make."""


def register_check(*codes: str, needs: Needs) -> Callable[[Check], Check]:
    """Register a check under the codes of the findings it can make.

    Parameters
    ----------
    codes
        Kebab case.
    needs
        What must have been looked at: the ``"manifest"`` alone, the clips' ``"headers"`` too, or
        all their ``"frames"``.

    Raises
    ------
    CohortError
        If a code is taken.
    """

    def register(check: Check) -> Check:
        for code in codes:
            CHECKS.register(code, (check, needs), check)
        return check

    return register


def run_checks(inspection: Inspection, known: Needs) -> list[Finding]:
    """Run all checks that need no more than what is known.

    Raises
    ------
    CohortError
        If a check makes a finding under a code it is not registered for.
    """
    findings = []
    for check, needs in dict.fromkeys(CHECKS.values()):
        if _NEEDS.index(needs) <= _NEEDS.index(known):
            for finding in check(inspection):
                if finding.code not in CHECKS or CHECKS[finding.code][0] is not check:
                    raise CohortError(f"{finding.code!r} is not a code of {check.__name__}.")
                findings.append(finding)
    return in_order(findings)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by level, errors first; within a level the order is kept."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))

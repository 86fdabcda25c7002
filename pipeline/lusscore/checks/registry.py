"""The registry of checks: one module each under ``rules``, told apart by what they need to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from lusscore.checks.finding import Finding, in_order
from lusscore.checks.inspection import Inspection
from lusscore.errors import CohortError
from lusscore.registry import Registry

Check = Callable[[Inspection], Iterable[Finding]]
Needs = Literal["manifest", "headers", "frames"]
NEEDS: tuple[Needs, ...] = ("manifest", "headers", "frames")

_CODES = Registry[tuple[Check, Needs]]("check", CohortError, "lusscore.checks")


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
            _CODES.register(code, (check, needs), check)
        return check

    return register


def registered_codes() -> Mapping[str, Check]:
    """All codes that findings of checks can have, with the check that makes them."""
    return {code: check for code, (check, _) in _CODES.items()}


def run_checks(inspection: Inspection, known: Needs) -> list[Finding]:
    """Run all checks that need no more than what is known; errors come first.

    Raises
    ------
    CohortError
        If a check makes a finding under a code it is not registered for.
    """
    return in_order(_findings(inspection, known))


def _findings(inspection: Inspection, known: Needs) -> Iterator[Finding]:
    for check, needs in dict.fromkeys(_CODES.values()):
        if NEEDS.index(needs) <= NEEDS.index(known):
            for finding in check(inspection):
                if finding.code not in _CODES or _CODES[finding.code][0] is not check:
                    raise CohortError(f"{finding.code!r} is not a code of {check.__name__}.")
                yield finding

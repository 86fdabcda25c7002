"""The registry of checks: one module each under ``rules``, told apart by what they need to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from lusscore.checks.finding import Finding, in_order
from lusscore.checks.inspection import Inspection

Check = Callable[[Inspection], Iterable[Finding]]
Needs = Literal["manifest", "headers", "frames"]
NEEDS: tuple[Needs, ...] = ("manifest", "headers", "frames")

_CHECKS: list[tuple[Check, Needs]] = []
_CODES: dict[str, Check] = {}


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
    ValueError
        If a code is taken.
    """

    def register(check: Check) -> Check:
        for code in codes:
            if code in _CODES:
                raise ValueError(f"a check with code {code!r} is registered already")
            _CODES[code] = check
        _CHECKS.append((check, needs))
        return check

    return register


def registered_codes() -> Mapping[str, Check]:
    """All codes that findings of checks can have, with the check that makes them."""
    return dict(_CODES)


def run_checks(inspection: Inspection, known: Needs) -> list[Finding]:
    """Run all checks that need no more than what is known; errors come first.

    Raises
    ------
    ValueError
        If a check makes a finding under a code it is not registered for.
    """
    return in_order(_findings(inspection, known))


def _findings(inspection: Inspection, known: Needs) -> Iterator[Finding]:
    for check, needs in _CHECKS:
        if NEEDS.index(needs) <= NEEDS.index(known):
            for finding in check(inspection):
                if _CODES.get(finding.code) is not check:
                    raise ValueError(f"{finding.code!r} is not a code of {check.__name__}")
                yield finding

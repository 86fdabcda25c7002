"""Facts of a run, registered by the name that checklist items call them by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lusscore.errors import RunError
from lusscore.registry import Registry
from lusscore.report.run_files import RunFiles


@dataclass(frozen=True)
class Fact:
    """What a run says, and the report's sections (by identifier) that show it."""

    text: str
    see: tuple[str, ...] = ()


Teller = Callable[[RunFiles], "Fact | None"]
_TELLERS = Registry[Teller]("fact", RunError)


def register_fact(name: str) -> Callable[[Teller], Teller]:
    """Register a function that tells a fact, or None where the run does not know it."""

    def register(teller: Teller) -> Teller:
        _TELLERS.register(name, teller)
        return teller

    return register


def fact_names() -> tuple[str, ...]:
    """Names of all facts."""
    return tuple(_TELLERS)


def tell_fact(name: str, run: RunFiles) -> Fact | None:
    """Tell the fact `name` of `run`; None where its files do not hold it."""
    return _TELLERS[name](run)

"""The registry of importers: one file each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lusscore.cohort.card import Card
from lusscore.cohort.extraction import ExtractionSettings
from lusscore.cohort.span import Span
from lusscore.errors import CohortError


@dataclass(frozen=True)
class ImportOptions:
    """What the user may choose of a new cohort; None leaves it to the importer.

    Attributes
    ----------
    name
        Name of the cohort.
    protocol, rubric
        Registered names.
    extraction
        Settings of stage one.
    """

    name: str | None = None
    protocol: str | None = None
    rubric: str | None = None
    extraction: ExtractionSettings = field(default_factory=ExtractionSettings)


@dataclass(frozen=True)
class Imported:
    """A foreign data set as a cohort, not yet on disk.

    Attributes
    ----------
    card, spans
        The cohort.
    ignored
        Files of the source that were not understood, relative to it.
    """

    card: Card
    spans: tuple[Span, ...]
    ignored: tuple[str, ...] = ()


Importer = Callable[[Path, ImportOptions], Imported]

_IMPORTERS: dict[str, Importer] = {}


def register_importer(name: str) -> Callable[[Importer], Importer]:
    """Register an importer under `name`.

    Raises
    ------
    ValueError
        If the name is taken.
    """

    def register(importer: Importer) -> Importer:
        if name in _IMPORTERS:
            raise ValueError(f"an importer named {name!r} is registered already")
        _IMPORTERS[name] = importer
        return importer

    return register


def importer_names() -> tuple[str, ...]:
    """Names of all importers."""
    return tuple(_IMPORTERS)


def get_importer(name: str) -> Importer:
    """Return the importer registered under `name`.

    Raises
    ------
    CohortError
        If no importer has that name; the message lists those there are.
    """
    try:
        return _IMPORTERS[name]
    except KeyError:
        allowed = ", ".join(_IMPORTERS)
        raise CohortError(f"Unknown importer {name!r}; expected one of {allowed}.") from None

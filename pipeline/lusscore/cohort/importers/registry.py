"""The registry of importers, what the user may choose of an import, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from lusscore.cohort.card import Card
from lusscore.cohort.extraction import ExtractionSettings
from lusscore.cohort.protocols import Protocol, describe_rubric, get_protocol
from lusscore.cohort.segments import Segment
from lusscore.cohort.zone_names import choose_protocol
from lusscore.errors import CohortError, InvalidCohortError, Problem
from lusscore.registry import Registry


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
    columns
        Our word for a column or field → its name in the source, e.g. ``{"zone": "Location"}``.
    media
        Folder in which the clips are, where they do not lie beside the labels.
    allow_missing
        Whether clips that labels name may be missing; they are left out and counted.
    """

    name: str | None = None
    protocol: str | None = None
    rubric: str | None = None
    extraction: ExtractionSettings = field(default_factory=ExtractionSettings)
    columns: Mapping[str, str] = field(default_factory=dict)
    media: Path | None = None
    allow_missing: bool = False

    def __post_init__(self) -> None:
        if self.name is not None and self.name != cohort_name(self.name):
            raise CohortError(
                f"{self.name!r} cannot be a cohort's name; expected letters, digits, '.', '-' and "
                f"'_', beginning with a letter or digit, such as {cohort_name(self.name)}."
            )


@dataclass(frozen=True)
class Imported:
    """A foreign data set as a cohort, not yet on disk.

    Attributes
    ----------
    card, segments
        The cohort. Segments of one clip may overlap where they are of different raters;
        :func:`lusscore.cohort.consensus.consensus_labels` makes one score of them.
    ignored
        Files or rows of the source that were not understood, as a person would look for them.
    notes
        What the user should know of how the source was read, each a sentence.
    missing
        Clips that the source names and that are not here, as it writes them.
    """

    card: Card
    segments: tuple[Segment, ...]
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Import:
    """An import under way: what was chosen, and what was found so far."""

    def __init__(self, source: Path, options: ImportOptions) -> None:
        self.source = source
        self.options = options
        self.problems: list[Problem] = []
        self.ignored: list[str] = []
        self.notes: list[str] = []
        self.missing: list[str] = []

    def problem(self, where: str, what: str, clip: str = "") -> None:
        """Note what is wrong, once."""
        problem = Problem(where, what, clip)
        if problem not in self.problems:
            self.problems.append(problem)

    def not_here(self, clip: str) -> bool:
        """Count a clip that is missing, if that is allowed; tell whether it is."""
        if self.options.allow_missing and clip not in self.missing:
            self.missing.append(clip)
        return self.options.allow_missing

    def read(self, path: Path) -> bytes:
        """Return what stands in a file of the source; raise CohortError if that cannot be read."""
        try:
            return path.read_bytes()
        except OSError as error:
            raise CohortError(
                f"it cannot be read ({error.strerror})", advice="check that it is there", path=path
            ) from None

    def protocol_for(self, zones: Iterable[str]) -> Protocol:
        """Return the protocol that was chosen, else the first that knows all `zones`."""
        if self.options.protocol is not None:
            return get_protocol(self.options.protocol)
        return choose_protocol(filter(None, zones))

    def finish(
        self,
        segments: Sequence[Segment],
        *,
        name: str,
        protocol: str,
        rubric: str = "unknown",
        **facts: Any,
    ) -> Imported:
        """Return the cohort, whose card has what was chosen, else what the importer says.

        Raises InvalidCohortError if there are problems.
        """
        if self.problems:
            raise InvalidCohortError.of(self.source, self.problems)
        card = Card(
            name=self.options.name or name,
            protocol=self.options.protocol or protocol,
            rubric=self.options.rubric or rubric,
            extraction=self.options.extraction,
            **facts,
        )
        return Imported(
            card, tuple(segments), tuple(self.ignored), tuple(self.notes), tuple(self.missing)
        )


def cohort_name(text: str) -> str:
    """Make a name that a cohort may have of any text, such as the name of a file."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).lstrip("._-").rstrip("-") or "cohort"


Importer = Callable[[Path, ImportOptions], Imported]
"""Takes the source, a folder or a file, and what the user chose.

Raises CohortError if the source is not what it must be, and InvalidCohortError, which names all at
once, if rows, folders or tasks of it are bad.
"""


@dataclass(frozen=True)
class _Registered:
    importer: Importer
    summary: str


_OPTIONS = {"columns": "--column", "media": "--media"}
_IMPORTERS = Registry[_Registered]("importer", CohortError, "lusscore.importers")


def register_importer(name: str, summary: str, *uses: str) -> Callable[[Importer], Importer]:
    """Register an importer under `name`.

    Parameters
    ----------
    name
        The word on the command line.
    summary
        What it reads, in one line without a full stop.
    uses
        Which of the options ``columns`` and ``media`` it looks at; the others are refused.

    Raises
    ------
    CohortError
        If the name is taken.
    """

    def register(importer: Importer) -> Importer:
        @wraps(importer)
        def checked(source: Path, options: ImportOptions) -> Imported:
            for field_name, option in _OPTIONS.items():
                if field_name not in uses and getattr(options, field_name):
                    raise CohortError(f"The importer {name} has no use for {option}; leave it out.")
            if options.protocol is not None:
                get_protocol(options.protocol)
            if options.rubric is not None:
                describe_rubric(options.rubric)
            return importer(source, options)

        _IMPORTERS.register(name, _Registered(checked, summary), importer)
        return checked

    return register


def importer_names() -> tuple[str, ...]:
    """Names of all importers, in alphabetical order."""
    return tuple(sorted(_IMPORTERS))


def importer_summary(name: str) -> str:
    """Return what the importer registered under `name` reads; raise as :func:`get_importer`."""
    return _IMPORTERS[name].summary


def get_importer(name: str) -> Importer:
    """Return the importer registered under `name`; raise CohortError, listing all, for none."""
    return _IMPORTERS[name].importer

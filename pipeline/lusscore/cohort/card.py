"""The card of a cohort: ``cohort.toml``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

import tomlkit
from pydantic import ConfigDict

from lusscore.cohort.extraction import ExtractionSettings
from lusscore.cohort.protocols import Protocol, get_protocol
from lusscore.cohort.rubrics import describe_rubric
from lusscore.errors import CohortError, InvalidCohortError
from lusscore.files import write_text
from lusscore.records import STRICT, known, matching, one_of, read_toml

CARD_NAME = "cohort.toml"
LABEL_LEVELS = ("frame", "clip", "zone")
NAME_PATTERN = "[A-Za-z0-9][A-Za-z0-9._-]*"
_NAMES = (
    "letters, digits, '.', '-' and '_', beginning with a letter or digit, since folders are named "
    "by it"
)


@dataclass(frozen=True)
class Card:
    """What a cohort says about itself.

    Attributes
    ----------
    name
        The cohort's name; also its folder's.
    protocol, rubric
        Registered names (see :mod:`lusscore.cohort.protocols` and
        :mod:`lusscore.cohort.rubrics`).
    licence, citation, source, description
        Free text about the data; empty when unknown.
    label_level
        What the rater looked at when giving one score: ``"frame"``, ``"clip"`` or ``"zone"``.
        Anything but ``"frame"`` makes frame labels weak.
    synthetic
        True when no patient was ever scanned.
    extraction
        Settings of stage one.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: Annotated[str, matching(NAME_PATTERN, _NAMES)]
    protocol: Annotated[str, known(get_protocol)]
    rubric: Annotated[str, known(describe_rubric)]
    licence: str = ""
    citation: str = ""
    source: str = ""
    description: str = ""
    label_level: Annotated[str, one_of(LABEL_LEVELS)] = "frame"
    synthetic: bool = False
    extraction: ExtractionSettings = field(default_factory=ExtractionSettings)

    def zones(self) -> Protocol:
        """Return the protocol object that `protocol` names."""
        return get_protocol(self.protocol)


def read_card(path: Path) -> Card:
    """Read and validate a card.

    Raises
    ------
    CohortError
        If the file is missing or is not TOML.
    InvalidCohortError
        If keys are missing, unknown or hold what is not allowed: all are named at once.
    """
    try:
        return read_toml(path, Card, InvalidCohortError)
    except FileNotFoundError:
        raise CohortError(
            "there is no cohort card",
            advice=f"expected a file {CARD_NAME} that gives at least name, protocol and rubric; "
            "data/README.md shows one",
            path=path,
        ) from None
    except InvalidCohortError as error:
        if error.problems:
            raise
        what = f"the card{error.what.removeprefix('it')}"
        raise CohortError(what, where=error.where, advice=error.advice, path=path) from None


def write_card(path: Path, card: Card) -> None:
    """Write `card` so that :func:`read_card` gives it back."""
    document = tomlkit.document()
    document.add(
        tomlkit.comment("The card of a cohort: what the data is and how stage one reads it.")
    )
    for key in ("name", "protocol", "rubric", "licence", "source", "description", "label_level"):
        value = getattr(card, key)
        if value:
            document.add(key, tomlkit.item(value))
    document.add("synthetic", tomlkit.item(card.synthetic))
    if card.citation:
        document.add("citation", tomlkit.string(card.citation, multiline="\n" in card.citation))
    extraction = tomlkit.table()
    for key, value in card.extraction.as_table().items():
        extraction.add(key, value)
    document.add("extraction", extraction)
    write_text(path, tomlkit.dumps(document))

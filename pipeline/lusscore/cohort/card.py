"""The card of a cohort: ``cohort.toml``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from lusscore.cohort.extraction import ExtractionSettings
from lusscore.cohort.protocols import Protocol, get_protocol
from lusscore.cohort.rubrics import describe_rubric
from lusscore.errors import CohortError, InvalidCohortError, Problem
from lusscore.files import write_text

CARD_NAME = "cohort.toml"
LABEL_LEVELS = ("frame", "clip", "zone")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_REQUIRED = ("name", "protocol", "rubric")


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

    name: str
    protocol: str
    rubric: str
    licence: str = ""
    citation: str = ""
    source: str = ""
    description: str = ""
    label_level: str = "frame"
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
        document = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    except FileNotFoundError:
        raise CohortError(
            f"there is no cohort card; expected a file {CARD_NAME} that gives at least "
            f"{', '.join(_REQUIRED)}",
            advice="data/README.md shows one",
            path=path,
        ) from None
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise CohortError(
            f"the card is not valid TOML ({error})", advice="correct it", path=path
        ) from None
    problems = [
        Problem(key, "is missing; every card must give it")
        for key in _REQUIRED
        if key not in document
    ]
    values: dict[str, Any] = {}
    for key, value in document.items():
        problem = _check(key, value)
        if problem:
            problems.append(Problem(key, problem))
        elif key == "extraction":
            try:
                values[key] = ExtractionSettings.from_table(value)
            except InvalidCohortError as error:
                problems += [Problem(f"extraction {one.where}", one.what) for one in error.problems]
        else:
            values[key] = value
    if problems:
        raise InvalidCohortError(path, problems)
    return Card(**values)


def _check(key: str, value: Any) -> str:
    """Say what is wrong with one key of a card; empty when nothing is."""
    defaults = Card("", "", "")
    if not hasattr(defaults, key) or key == "zones":
        return "is not a key of a card"
    if key == "extraction":
        return "" if isinstance(value, dict) else "must be a table, [extraction]"
    expected = type(getattr(defaults, key))
    if not isinstance(value, expected):
        return (
            f"{value!r} is not allowed; expected {'true or false' if expected is bool else 'text'}"
        )
    try:
        if key == "protocol":
            get_protocol(value)
        elif key == "rubric":
            describe_rubric(value)
    except CohortError as error:
        return str(error)
    if key == "name" and not _NAME.fullmatch(value):
        return (
            f"{value!r} is not allowed; expected letters, digits, '.', '-' and '_', beginning "
            "with a letter or digit, since folders are named by it"
        )
    if key == "label_level" and value not in LABEL_LEVELS:
        return f"{value!r} is not allowed; expected one of {', '.join(LABEL_LEVELS)}"
    return ""


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

"""A cohort on disk: one folder with a card, ``cohort.toml``, and a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

import tomlkit
from pydantic import ConfigDict

from lusscore.cohort.extraction import ExtractionSettings
from lusscore.cohort.protocols import Protocol, describe_rubric, get_protocol
from lusscore.cohort.segments import (
    MANIFEST_NAME,
    RATINGS_NAME,
    Rating,
    Segment,
    manifest_text,
    ratings_text,
    read_manifest,
)
from lusscore.errors import CohortError, InvalidCohortError
from lusscore.files import on_disk, write_text, write_texts
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
        Registered names (see :mod:`lusscore.cohort.protocols`).
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
    write_text(path, _card_text(card))


def _card_text(card: Card) -> str:
    document = tomlkit.document()
    document.add(
        tomlkit.comment("The card of a cohort: what the data is and how stage one reads it.")
    )
    for key in ("name", "protocol", "rubric", "licence", "source", "description", "label_level"):
        if value := getattr(card, key):
            document.add(key, tomlkit.item(value))
    document.add("synthetic", tomlkit.item(card.synthetic))
    if card.citation:
        document.add("citation", tomlkit.string(card.citation, multiline="\n" in card.citation))
    extraction = tomlkit.table()
    for key, value in card.extraction.as_table().items():
        extraction.add(key, value)
    document.add("extraction", extraction)
    return tomlkit.dumps(document)


@dataclass(frozen=True)
class Cohort:
    """A named set of exams.

    Attributes
    ----------
    folder
        Where card and manifest lie; clip paths are relative to it.
    card
        What the cohort says about itself.
    segments
        All rows of the manifest, in order.
    """

    folder: Path
    card: Card
    segments: tuple[Segment, ...]

    @property
    def name(self) -> str:
        """The cohort's name."""
        return self.card.name

    @property
    def protocol(self) -> Protocol:
        """The protocol by which its zones are named."""
        return get_protocol(self.card.protocol)

    def clips(self) -> tuple[str, ...]:
        """Paths of all clips as the manifest writes them, each once, in manifest order."""
        return tuple(dict.fromkeys(segment.clip for segment in self.segments))

    def clip_path(self, clip: str) -> Path:
        """Return where on disk the clip written as `clip` lies."""
        return on_disk(self.folder, clip)


def read_cohort(folder: Path, *, check_files: bool = True) -> Cohort:
    """Read a cohort's card and manifest.

    Raises
    ------
    CohortError
        If the folder, the card or the manifest is missing or not valid.
    """
    if not folder.is_dir():
        raise CohortError(
            f"there is no cohort; expected a folder with {CARD_NAME} and {MANIFEST_NAME}",
            advice="make one with 'lusscore phantom' or 'lusscore import'",
            path=folder,
        )
    card = read_card(folder / CARD_NAME)
    segments = read_manifest(
        folder / MANIFEST_NAME, get_protocol(card.protocol), check_files=check_files
    )
    return Cohort(folder, card, segments)


def write_cohort(
    folder: Path, card: Card, segments: Sequence[Segment], ratings: Sequence[Rating] = ()
) -> Cohort:
    """Write a card and a manifest into `folder`, making it where needed.

    What each rater said is written beside them; where there are no `ratings`, those of an earlier
    cohort in the folder are removed. The files of an earlier cohort stay until all are whole.

    Raises
    ------
    CohortError
        If the path of a clip is no text, which a table cannot hold.
    WriteError
        If the disk does not take them.
    """
    for segment in segments:
        try:
            segment.clip.encode()
        except UnicodeEncodeError:
            shown = segment.clip.encode(errors="replace").decode()
            raise CohortError(
                f"the path of a clip is no text (UTF-8), so that no table can name it: {shown!r}",
                advice="rename the file or folder",
            ) from None
    texts = {
        folder / MANIFEST_NAME: manifest_text(segments),
        folder / CARD_NAME: _card_text(card),
    }
    if ratings:
        texts[folder / RATINGS_NAME] = ratings_text(ratings)
    write_texts(texts)
    if not ratings:
        (folder / RATINGS_NAME).unlink(missing_ok=True)
    return Cohort(folder, card, tuple(segments))

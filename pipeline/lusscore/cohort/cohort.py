"""A cohort on disk: one folder with a card and a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lusscore.cohort.card import CARD_NAME, Card, read_card, write_card
from lusscore.cohort.manifest import MANIFEST_NAME, read_manifest, write_manifest
from lusscore.cohort.protocols import Protocol, get_protocol
from lusscore.cohort.ratings import RATINGS_NAME, Rating, write_ratings
from lusscore.cohort.segments import Segment
from lusscore.errors import CohortError


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
        return self.folder / clip


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
    cohort in the folder are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_manifest(folder / MANIFEST_NAME, segments)
    write_card(folder / CARD_NAME, card)
    if ratings:
        write_ratings(folder / RATINGS_NAME, ratings)
    else:
        (folder / RATINGS_NAME).unlink(missing_ok=True)
    return Cohort(folder, card, tuple(segments))

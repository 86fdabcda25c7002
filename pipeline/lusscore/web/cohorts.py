"""Cohorts on the page: how far their labels are, and the frames of their clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio
import numpy as np

from lusscore.backbones import backbone_names
from lusscore.clips import open_clip
from lusscore.cohort import CARD_NAME, Cohort, read_cohort
from lusscore.errors import ClipError, CohortError
from lusscore.features import survey_clip
from lusscore.scoring import PictureTaker
from lusscore.sector import show_sector
from lusscore.web.guards import Refusal

MOST_PICTURES = 40
_POLICY = "sector-no-text"


class Cohorts:
    """The cohorts of a folder; `one_at_a_time` is held while many frames or embeddings are read."""

    def __init__(self, data_dir: Path, features_dir: Path) -> None:
        self.data_dir = data_dir
        self.features_dir = features_dir
        self.one_at_a_time = anyio.CapacityLimiter(1)

    def names(self) -> list[str]:
        """List the folders that have a card."""
        return sorted(path.parent.name for path in self.data_dir.glob(f"*/{CARD_NAME}"))

    def find(self, name: str) -> Cohort:
        """Read a cohort; only names that were found in the folder lead anywhere."""
        if name not in self.names():
            raise Refusal(404, "There is no such cohort; load the page again.")
        try:
            return read_cohort(self.data_dir / name, check_files=False)
        except CohortError:
            raise Refusal(422, not_valid(name)) from None

    def overview(self) -> list[dict[str, Any]]:
        """Describe each cohort, or say that it is not valid."""
        return [self._entry(name) for name in self.names()]

    def backbones(self, name: str) -> Sequence[str]:
        """Name the backbones that a cohort has a feature file of, in the order of the registry."""
        folder = self.features_dir / name
        return [each for each in backbone_names() if (folder / f"{each}.h5").is_file()]

    def _entry(self, name: str) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "name": name, "clips": 0, "labelled": 0, "patients": 0, "protocol": "", "zones": [],
            "features": False, "synthetic": False, "problem": "",
        }  # fmt: skip
        try:
            cohort = self.find(name)
        except Refusal as refusal:
            return entry | {"problem": refusal.sentence}
        labelled = {segment.clip for segment in cohort.segments if segment.score is not None}
        return entry | {
            "clips": len(cohort.clips()),
            "labelled": len(labelled),
            "patients": len({segment.patient for segment in cohort.segments}),
            "protocol": cohort.card.protocol,
            "zones": [asdict(zone) for zone in cohort.protocol.zones],
            "features": bool(self.backbones(name)),
            "synthetic": cohort.card.synthetic,
        }


def not_valid(name: str) -> str:
    """Say that a cohort cannot be read; what is wrong with it may name files and patients."""
    return f"Cohort {name} is not valid; 'lusscore check {name}' says what is wrong."


def cohort_pictures(path: Path, first: int = 0, end: int | None = None) -> tuple[bytes, ...]:
    """Return frames `first` to `end` of a clip as JPEG, at most 40, evenly spread.

    They are cut to the sector and black outside it, and text inside it is painted over. Where the
    sector is not found the whole image is shown.
    """
    try:
        survey = survey_clip(path)
        last = min(survey.frames, survey.frames if end is None else end) - 1
        if last < first:
            raise Refusal(422, "The clip does not have these frames.")
        wanted = np.unique(np.linspace(first, last, min(MOST_PICTURES, last - first + 1)).round())
        taker = PictureTaker(len(wanted))
        for frame in open_clip(path, only=frozenset(wanted.astype(int).tolist())):
            taker.add([show_sector(frame.rgb, survey.sector, _POLICY)])
    except ClipError:
        raise Refusal(
            422, "The clip cannot be read; 'lusscore check' on its cohort says why."
        ) from None
    return taker.take(survey.sector, _POLICY, (1, 1)).jpegs

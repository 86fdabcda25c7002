"""Cohorts as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio

from lusscore.backbones import backbone_names
from lusscore.cohort import CARD_NAME, Cohort, read_cohort
from lusscore.errors import CohortError
from lusscore.web.guards import Refusal


class Cohorts:
    """The cohorts of a folder.

    Parameters
    ----------
    data_dir, features_dir
        Folders of cohorts and of feature files.

    Attributes
    ----------
    one_at_a_time
        Held while many embeddings or frames are read.
    """

    def __init__(self, data_dir: Path, features_dir: Path) -> None:
        self.data_dir = data_dir
        self.features_dir = features_dir
        self.one_at_a_time = anyio.CapacityLimiter(1)

    def names(self) -> list[str]:
        """List the folders that have a card."""
        if not self.data_dir.is_dir():
            return []
        return sorted(path.parent.name for path in self.data_dir.glob(f"*/{CARD_NAME}"))

    def find(self, name: str) -> Cohort:
        """Read a cohort; only names that were found in the folder lead anywhere.

        Raises
        ------
        Refusal
            If there is none of that name, or it is not valid.
        """
        if name not in self.names():
            raise Refusal(404, "There is no such cohort; load the page again.")
        try:
            return read_cohort(self.data_dir / name, check_files=False)
        except CohortError:
            raise Refusal(422, not_valid(name)) from None

    def overview(self) -> list[dict[str, Any]]:
        """Tell of each cohort how far its labels are, or that it is not valid."""
        told = []
        for name in self.names():
            try:
                told.append(self._told(read_cohort(self.data_dir / name, check_files=False)))
            except CohortError:
                told.append(_entry(name) | {"problem": not_valid(name)})
        return told

    def backbones(self, name: str) -> Sequence[str]:
        """Name the backbones that a cohort has a feature file of, in the order of the registry."""
        folder = self.features_dir / name
        return [each for each in backbone_names() if (folder / f"{each}.h5").is_file()]

    def _told(self, cohort: Cohort) -> dict[str, Any]:
        name = cohort.folder.name
        labelled = {segment.clip for segment in cohort.segments if segment.score is not None}
        return _entry(name) | {
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
    return f"Cohort {name} is not valid; 'lusscore check {name}' tells what is wrong."


def _entry(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "clips": 0,
        "labelled": 0,
        "patients": 0,
        "protocol": "",
        "zones": [],
        "features": False,
        "synthetic": False,
        "problem": "",
    }

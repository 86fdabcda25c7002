"""External validation: heads trained on all of one cohort, or of several, tested on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.cohort import Folds
from lusscore.evaluation.dataset import Dataset, LabelledCohort
from lusscore.evaluation.division import Division
from lusscore.evaluation.external_checks import (
    check_comparable,
    check_no_shared_recording,
    notes_on,
)
from lusscore.evaluation.feature_sets import FeatureSet
from lusscore.evaluation.sides import Side


@dataclass(frozen=True)
class JoinedDatasets:
    """Labelled frames of several cohorts, one after the other, as one set of rows.

    Attributes
    ----------
    parts
        One per cohort; embeddings stay where they are.
    names
        Put before patients and clips of the part of the same place; empty leaves them as they are.
        Two cohorts may use one name for two patients.
    """

    parts: tuple[Dataset, ...]
    names: tuple[str, ...]

    @cached_property
    def frames(self) -> pd.DataFrame:
        """One row per labelled frame, as in :class:`Dataset`."""
        return pd.concat(
            [
                part.frames.assign(
                    **{
                        column: f"{name}/" + part.frames[column]
                        for column in ("patient", "clip")
                        if name
                    }
                )
                for part, name in zip(self.parts, self.names, strict=True)
            ],
            ignore_index=True,
        )

    @property
    def backbones(self) -> tuple[str, ...]:
        """Backbones that every frame has embeddings of."""
        return self.parts[0].backbones

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """First row of each part and, last, the number of rows, shape (parts + 1,)."""
        return np.cumsum([0, *(len(part.frames) for part in self.parts)], dtype=np.int64)

    def embeddings(
        self, features: Sequence[FeatureSet], rows: NDArray[np.int64], variants: int | None = None
    ) -> NDArray[Any]:
        """Gather embeddings of some of `frames`, as :meth:`Dataset.embeddings` does.

        Rows of several parts must have equally many variants, or ask for one.
        """
        part_of = np.searchsorted(self.starts, rows, side="right") - 1
        found = [
            (at, self.parts[number].embeddings(features, rows[at] - self.starts[number], variants))
            for number in np.unique(part_of)
            for at in [np.flatnonzero(part_of == number)]
        ]
        order = np.argsort(np.concatenate([at for at, _ in found]))
        gathered: NDArray[Any] = found[0][1]
        if len(found) > 1:
            gathered = np.concatenate([embeddings for _, embeddings in found])[order]
        return gathered


def divide_external(training: Sequence[LabelledCohort], tested: LabelledCohort) -> Division:
    """Train on every labelled patient of some cohorts, and test on every one of another.

    Parameters
    ----------
    training
        At least one.
    tested
        Another; its zones and its protocol are those of the results.

    Raises
    ------
    CohortError
        If a cohort is named twice, a recording is in two of them, or their embeddings were made
        by other networks or of other images.
    """
    everyone = [*training, tested]
    check_comparable(training, tested)
    for one, other in combinations(everyone, 2):
        check_no_shared_recording(one, other)
    joined = JoinedDatasets(
        tuple(labelled.dataset for labelled in everyone),
        (*(labelled.cohort.name for labelled in training), ""),
    )
    train, test = np.split(np.arange(joined.starts[-1]), joined.starts[-2:-1])
    side = Side(1, 1, train, test, "In external validation")
    folds = Folds(1, (dict.fromkeys(tested.dataset.frames["patient"], 1),))
    return Division(joined, (side,), folds, tested, tuple(training), notes_on(training, tested))

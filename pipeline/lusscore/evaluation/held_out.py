"""One model's held-out rows at one level, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.predictions import PROBABILITIES


@dataclass(frozen=True)
class HeldOut:
    """What one model said about the frames, clips or zones it was tested on.

    Attributes
    ----------
    truth, prediction
        Scores 0–3, int64, shape (rows,).
    probabilities
        Shape (rows, 4), float64.
    patient
        Row of `patients`, int64, shape (rows,).
    fold
        Row of `folds`, int64, shape (rows,).
    patients
        All patients of the run, the same for every model and level.
    folds
        All (repeat, fold) pairs of the run.
    """

    truth: NDArray[np.int64]
    prediction: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    patient: NDArray[np.int64]
    fold: NDArray[np.int64]
    patients: tuple[str, ...]
    folds: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, scored: pd.DataFrame, patients: Sequence[str]) -> HeldOut:
        """Take one model's rows from what ``aggregation.score_at`` gives."""
        pairs = pd.MultiIndex.from_frame(scored[["repeat", "fold"]])
        fold, folds = pairs.factorize(sort=True)
        return cls(
            truth=scored["truth"].to_numpy(np.int64),
            prediction=scored["prediction"].to_numpy(np.int64),
            probabilities=scored[list(PROBABILITIES)].to_numpy(np.float64),
            patient=pd.Index(patients).get_indexer(pd.Index(scored["patient"])).astype(np.int64),
            fold=fold.astype(np.int64),
            patients=tuple(patients),
            folds=tuple((int(repeat), int(number)) for repeat, number in folds),
        )

    def in_fold(self, fold: int) -> HeldOut:
        """Return the rows of one fold, given as row of `folds`."""
        rows = self.fold == fold
        return HeldOut(
            self.truth[rows],
            self.prediction[rows],
            self.probabilities[rows],
            self.patient[rows],
            self.fold[rows],
            self.patients,
            self.folds,
        )

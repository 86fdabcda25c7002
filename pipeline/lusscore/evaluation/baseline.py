"""The baseline beside every result: always the most frequent score of the training patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.predictions import PROBABILITIES, SCORES

BASELINE = "baseline/majority"


def majority_predictions(
    held_out: pd.DataFrame, training_truth: NDArray[np.integer]
) -> pd.DataFrame:
    """Predict one fold's held-out frames from the class frequencies of its training side.

    Parameters
    ----------
    held_out
        Rows of any model for one fold, with the columns of ``predictions.csv``.
    training_truth
        Scores 0–3 of the fold's training frames, shape (frames,), at least one.

    Returns
    -------
    DataFrame
        `held_out` with ``model`` and ``p0`` to ``p3`` replaced: the same four frequencies in
        every row, so that the predicted score is the most frequent one (of equal ones, the
        higher).
    """
    counts = np.bincount(training_truth, minlength=len(SCORES))
    frequencies = dict(zip(PROBABILITIES, counts / counts.sum(), strict=True))
    return held_out.assign(model=BASELINE, **frequencies)

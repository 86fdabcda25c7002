"""ROC curves per score and fold on one grid: the paper's Fig. 3."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.predictions import SCORES, HeldOut

GRID = np.linspace(0, 1, 101)
_COLUMNS = ["model", "repeat", "fold", "score", "false_positive_rate", "true_positive_rate"]


def roc_table(frames: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Trace every score against the others, fold by fold.

    Parameters
    ----------
    frames
        As ``aggregation.score_at`` gives them at the level ``"frame"``.
    models
        Which models, in the order wanted.

    Returns
    -------
    DataFrame
        ``model, repeat, fold, score, false_positive_rate, true_positive_rate``: for every curve
        101 evenly spaced false positive rates, between which it was interpolated. Scores that a
        fold lacks, or has alone, give no curve.
    """
    by_model = dict(iter(frames.groupby("model")))
    patients = sorted(frames["patient"].unique())
    points = [
        (model, *fold, score, false_rate, true_rate)
        for model in models
        for fold, score, curve in _curves(HeldOut.of(by_model[model], patients))
        for false_rate, true_rate in zip(GRID.tolist(), curve.tolist(), strict=True)
    ]
    return pd.DataFrame(points, columns=_COLUMNS)


def _curves(rows: HeldOut) -> Iterator[tuple[tuple[int, int], int, NDArray[np.float64]]]:
    """Yield (repeat, fold), score and the true positive rates on `GRID`, shape (101,)."""
    from sklearn.metrics import roc_curve

    for number, fold in enumerate(rows.folds):
        part = rows.in_fold(number)
        for score in SCORES:
            positive = part.truth == score
            if positive.any() and not positive.all():
                false_rate, true_rate, _ = roc_curve(positive, part.probabilities[:, score])
                yield fold, score, np.interp(GRID, false_rate, true_rate)

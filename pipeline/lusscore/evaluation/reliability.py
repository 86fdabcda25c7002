"""The bins of a reliability diagram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.calibration import BINS, Binned
from lusscore.evaluation.ratio import ratio
from lusscore.evaluation.resampling import interval

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """All rows whose confidence lies in [`low`, `high`), the last bin including 1.

    Attributes
    ----------
    low, high
        Ends of the bin, 0–1.
    rows
        How many rows, every repeat's.
    confidence
        Their mean confidence.
    accuracy
        The share of them whose predicted score is the true one.
    interval
        Bootstrap interval of `accuracy` over patients; None where all of them are of one
        patient, or under half of the resamples have any.
    """

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float
    interval: tuple[float, float] | None


def reliability(binned: Binned, draws: FloatArray | None) -> tuple[Bin, ...]:
    """Lay out the bins that hold rows; `draws` of shape (resamples, patients) give intervals."""
    rows = binned.rows.sum(0)
    shares = None if draws is None else ratio(draws @ binned.right, draws @ binned.rows)
    return tuple(
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            rows=int(rows[number]),
            confidence=float(binned.confidence[:, number].sum() / rows[number]),
            accuracy=float(binned.right[:, number].sum() / rows[number]),
            interval=interval(shares[:, number])
            if shares is not None and np.count_nonzero(binned.rows[:, number]) > 1
            else None,
        )
        for number in range(BINS)
        if rows[number]
    )

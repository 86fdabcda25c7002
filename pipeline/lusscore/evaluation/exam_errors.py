"""How far global scores are from the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.resampling import interval


@dataclass(frozen=True)
class ExamErrors:
    """Errors of one model's global scores, each exam (and repeat) counting once.

    Attributes
    ----------
    exams
        Exams scored; with repeats, each repeat's.
    complete
        Of these, exams in which every zone of the protocol was scored.
    mean_absolute_error
        Mean absolute value of prediction - truth, in points.
    interval
        Its bootstrap interval over patients; None where all exams are of a single patient.
    mean_error
        Mean of prediction - truth, in points; above 0 means the model scores too high.
    """

    exams: int
    complete: int
    mean_absolute_error: float
    interval: tuple[float, float] | None
    mean_error: float


def exam_errors(
    exams: pd.DataFrame, patients: Sequence[str], draws: NDArray[np.float64]
) -> ExamErrors:
    """Sum up one model's exams, at least one.

    Parameters
    ----------
    exams
        Rows of one model, as ``aggregation.global_scores`` gives them.
    patients
        All patients of the run, also those without an exam here.
    draws
        How often each of them is drawn, shape (resamples, patients).
    """
    absolute = exams["error"].abs()
    per_patient = absolute.groupby(exams["patient"]).agg(["sum", "size"])
    per_patient = per_patient.reindex(list(patients), fill_value=0)
    total, count = (draws @ per_patient.to_numpy(np.float64)).T
    resampled = np.full(len(draws), np.nan)
    np.divide(total, count, out=resampled, where=count > 0)
    return ExamErrors(
        exams=len(exams),
        complete=int((exams["zones_scored"] == exams["zones_of_protocol"]).sum()),
        mean_absolute_error=float(absolute.mean()),
        interval=interval(resampled) if exams["patient"].nunique() > 1 else None,
        mean_error=float(exams["error"].mean()),
    )

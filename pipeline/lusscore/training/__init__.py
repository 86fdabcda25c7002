"""Fitting a scorer on all patients of a cohort, for use on exams that are none of them."""

from lusscore.training.recorded_run import RecordedRun, read_recorded_run
from lusscore.training.train import train_bundle

__all__ = [
    "RecordedRun",
    "read_recorded_run",
    "train_bundle",
]

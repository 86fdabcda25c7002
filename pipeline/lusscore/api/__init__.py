"""The public API: cohorts, features, runs, models and exams, as notebooks and commands use them.

Folders that are not given are those of the environment (``LUSSCORE_DATA``, ``LUSSCORE_FEATURES``,
``LUSSCORE_RESULTS``, ``LUSSCORE_WEIGHTS``), or else ``data``, ``features`` and ``results`` in the
working directory. Progress and notes go to standard error; ``progress=False`` keeps them quiet.
"""

from lusscore.api.cohorts import ImportedCohort, import_cohort, read_cohort
from lusscore.api.features import Features, Stopped, extract_features, read_features
from lusscore.api.models import Exam, Model, load_model, train
from lusscore.api.runs import Run, cross_validate, read_run

__all__ = [
    "Exam",
    "Features",
    "ImportedCohort",
    "Model",
    "Run",
    "Stopped",
    "cross_validate",
    "extract_features",
    "import_cohort",
    "load_model",
    "read_cohort",
    "read_features",
    "read_run",
    "train",
]

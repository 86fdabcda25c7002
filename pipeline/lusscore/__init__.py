"""Severity scoring of COVID-19 pneumonia from lung ultrasound.

>>> import lusscore as ls
>>> cohort = ls.read_cohort("data/ward-7")
>>> features = ls.extract_features(cohort, "xception")
>>> run = ls.cross_validate(features, heads="softmax", folds=3)
>>> exam = ls.train(run).score("exams/2026-03-14")
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Files of ours are replaced whole and need no locks, which some network drives lack. HDF5 reads
# this when it is imported.
os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")

if TYPE_CHECKING:
    from lusscore.api import (
        Exam,
        Features,
        Model,
        Run,
        cross_validate,
        extract_features,
        import_cohort,
        load_model,
        read_cohort,
        read_features,
        read_run,
        train,
    )
    from lusscore.backbones import register_backbone
    from lusscore.checks import register_check
    from lusscore.cohort import Cohort, register_importer
    from lusscore.errors import LusscoreError
    from lusscore.evaluation import register_rule
    from lusscore.heads import register_head

__all__ = [
    "Cohort",
    "Exam",
    "Features",
    "LusscoreError",
    "Model",
    "Run",
    "cross_validate",
    "extract_features",
    "import_cohort",
    "load_model",
    "read_cohort",
    "read_features",
    "read_run",
    "register_backbone",
    "register_check",
    "register_head",
    "register_importer",
    "register_rule",
    "train",
]

_ELSEWHERE = {
    "Cohort": "cohort",
    "LusscoreError": "errors",
    "register_backbone": "backbones",
    "register_check": "checks",
    "register_head": "heads",
    "register_importer": "cohort",
    "register_rule": "evaluation",
}


def __getattr__(name: str) -> Any:
    # PEP 562: what is not used is not imported
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_ELSEWHERE.get(name, 'api')}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

"""Which clips to label next, saving labels, and forgetting patients."""

from lusscore.labelling.add_clip import NewCohort, add_clip
from lusscore.labelling.forget import Forgotten, forget_patients
from lusscore.labelling.labels import Recorded, record_label
from lusscore.labelling.pool import Pool, load_pool
from lusscore.labelling.predict import DEFAULT_HEAD
from lusscore.labelling.suggest import Suggestion, suggest_clips
from lusscore.labelling.suggestion_table import record_table, write_suggestions

__all__ = [
    "DEFAULT_HEAD",
    "Forgotten",
    "NewCohort",
    "Pool",
    "Recorded",
    "Suggestion",
    "add_clip",
    "forget_patients",
    "load_pool",
    "record_label",
    "record_table",
    "suggest_clips",
    "write_suggestions",
]

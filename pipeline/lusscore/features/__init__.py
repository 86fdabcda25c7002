"""Stage one: frames to embeddings in HDF5."""

from lusscore.features.engine_choice import EngineChoice
from lusscore.features.extract import RunChoice, extract_features
from lusscore.features.fingerprint import fingerprint_digest, fingerprint_parts
from lusscore.features.forecast import Forecast, forecast_features
from lusscore.features.job import Outcome
from lusscore.features.plan import feature_path
from lusscore.features.prepare import Prepared
from lusscore.features.reader import Features, read_features
from lusscore.features.status import FileStatus, cohort_status
from lusscore.features.watcher import Watcher

__all__ = [
    "EngineChoice",
    "Features",
    "FileStatus",
    "Forecast",
    "Outcome",
    "Prepared",
    "RunChoice",
    "Watcher",
    "cohort_status",
    "extract_features",
    "feature_path",
    "fingerprint_digest",
    "fingerprint_parts",
    "forecast_features",
    "read_features",
]

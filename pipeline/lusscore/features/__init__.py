"""Stage one: frames to embeddings in HDF5."""

from lusscore.features.computing.engine_choice import EngineChoice
from lusscore.features.computing.job import Outcome
from lusscore.features.extract import RunChoice, extract_features
from lusscore.features.file.findings import FileReport, Finding
from lusscore.features.file.reader import Features, read_features
from lusscore.features.fingerprint import fingerprint_digest, fingerprint_parts
from lusscore.features.forecast import Forecast, forecast_features
from lusscore.features.plan import feature_path
from lusscore.features.prepare import Prepared
from lusscore.features.repair import Repair, RepairChoice, repair_cohort
from lusscore.features.status import FileStatus, cohort_status
from lusscore.features.verify import VerifyWatcher, verify_cohort
from lusscore.features.watcher import Watcher

__all__ = [
    "EngineChoice",
    "Features",
    "FileReport",
    "FileStatus",
    "Finding",
    "Forecast",
    "Outcome",
    "Prepared",
    "Repair",
    "RepairChoice",
    "RunChoice",
    "VerifyWatcher",
    "Watcher",
    "cohort_status",
    "extract_features",
    "feature_path",
    "fingerprint_digest",
    "fingerprint_parts",
    "forecast_features",
    "read_features",
    "repair_cohort",
    "verify_cohort",
]

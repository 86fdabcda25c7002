"""From a run to a model: fit on all patients, calibrate, and keep as a bundle of files."""

from lusscore.models.bundle import (
    SCHEMA,
    Bundle,
    Network,
    TrainedHead,
    bundle_facts,
)
from lusscore.models.disk import (
    BUILTIN,
    builtin_bundle_path,
    bundle_names,
    bundle_place,
    find_bundle,
    read_bundle,
    write_bundle,
)
from lusscore.models.ood import OODDetector
from lusscore.models.record import from_files, to_files
from lusscore.models.recorded_run import RecordedRun, read_recorded_run
from lusscore.models.train import train_bundle

__all__ = [
    "BUILTIN",
    "SCHEMA",
    "Bundle",
    "Network",
    "OODDetector",
    "RecordedRun",
    "TrainedHead",
    "builtin_bundle_path",
    "bundle_facts",
    "bundle_names",
    "bundle_place",
    "find_bundle",
    "from_files",
    "read_bundle",
    "read_recorded_run",
    "to_files",
    "train_bundle",
    "write_bundle",
]

"""Trained models as files: bundles that are verified before use, and run no code of their own."""

from lusscore.bundle.bundle import (
    SCHEMA,
    Bundle,
    Familiar,
    Member,
    Network,
    bundle_facts,
    distances,
    split_distance,
)
from lusscore.bundle.disk import (
    BUILTIN,
    DEFAULT_FOLDER,
    builtin_bundle_path,
    bundle_names,
    bundle_place,
    find_bundle,
    read_bundle,
    write_bundle,
)
from lusscore.bundle.record import from_files, to_files

__all__ = [
    "BUILTIN",
    "DEFAULT_FOLDER",
    "SCHEMA",
    "Bundle",
    "Familiar",
    "Member",
    "Network",
    "builtin_bundle_path",
    "bundle_facts",
    "bundle_names",
    "bundle_place",
    "distances",
    "find_bundle",
    "from_files",
    "read_bundle",
    "split_distance",
    "to_files",
    "write_bundle",
]

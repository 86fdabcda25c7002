"""Importers: foreign data sets into cohorts, one file each."""

import importlib
import pkgutil

from lusscore.cohort.importers.registry import (
    Imported,
    ImportOptions,
    cohort_name,
    get_importer,
    importer_names,
    importer_summary,
    register_importer,
)

# every module of this folder, so that a file added here is an importer added
for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)

__all__ = [
    "ImportOptions",
    "Imported",
    "cohort_name",
    "get_importer",
    "importer_names",
    "importer_summary",
    "register_importer",
]

"""Importers: foreign data sets into cohorts, one file each."""

from lusscore.cohort.importers import covid_blues, folders  # noqa: F401 - they register themselves
from lusscore.cohort.importers.registry import (
    Imported,
    ImportOptions,
    get_importer,
    importer_names,
)

__all__ = ["ImportOptions", "Imported", "get_importer", "importer_names"]

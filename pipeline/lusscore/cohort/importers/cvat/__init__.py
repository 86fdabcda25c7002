"""CVAT: exports of tags and attributes on videos and images."""

from lusscore.cohort.importers.cvat.importer import import_cvat

__all__ = ["import_cvat"]

"""Label Studio: exports of its labels as JSON, JSON-MIN or a table."""

from lusscore.cohort.importers.label_studio.importer import import_label_studio

__all__ = ["import_label_studio"]

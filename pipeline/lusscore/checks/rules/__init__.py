"""The checks; importing them registers them, in the order in which findings are shown."""

from lusscore.checks.rules import files, duplicates, labels, patients, pictures  # isort: skip

__all__ = ["duplicates", "files", "labels", "patients", "pictures"]

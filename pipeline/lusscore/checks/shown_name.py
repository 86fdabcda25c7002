"""What a clip is called where others may read it."""

from __future__ import annotations

from pathlib import PureWindowsPath

from lusscore.checks.inspection import ClipLook


def shown_name(place: str) -> str:
    """Return the file name of a path that is absolute or leads out of the cohort, else all of it.

    Folders outside the cohort may bear names.
    """
    # Windows' rules know both kinds of slashes, and drives
    path = PureWindowsPath(place)
    return path.name if path.root or ".." in path.parts else place


def clip_title(look: ClipLook) -> str:
    """Return patient, zone and file name: exports often give every file the same name."""
    parts = (look.patient, look.spans[0].zone, PureWindowsPath(look.clip).name)
    return " · ".join(part for part in parts if part)

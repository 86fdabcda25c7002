"""What a clip is called where others may read it."""

from __future__ import annotations

from pathlib import PureWindowsPath


def shown_name(place: str) -> str:
    """Return the file name of a path that is absolute or leads out of the cohort, else all of it.

    Folders outside the cohort may bear names.
    """
    # Windows' rules know both kinds of slashes, and drives
    path = PureWindowsPath(place)
    return path.name if path.root or ".." in path.parts else place

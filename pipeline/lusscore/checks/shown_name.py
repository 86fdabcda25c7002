"""What a clip is called where others may read it."""

from __future__ import annotations

from pathlib import PureWindowsPath


def shown_name(place: str) -> str:
    """Return the file name of an absolute path, whose folders may bear names; all else as it is."""
    # Windows' rules know both kinds of slashes, and drives
    path = PureWindowsPath(place)
    return path.name if path.root else place

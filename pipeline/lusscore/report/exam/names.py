"""What a report may say of a clip's file: by default nothing, for files are named after people."""

from __future__ import annotations

import re

from lusscore.report.privacy import file_name, without_clip_folders
from lusscore.scoring.scored import ScoredClip

_SOURCES = {
    "table": "from table",
    "file name": "from file name",
    "folder": "from folder",
    "DICOM": "from DICOM",
    "person": "assigned by a person",
}


def zone_source(clip: ScoredClip) -> str:
    """Say what told the clip's zone; empty where nothing did."""
    return _SOURCES.get(clip.clip.zone_source, clip.clip.zone_source)


def shown_name(clip: ScoredClip, show_names: bool) -> str:
    """Return the file's name without its folders, or nothing where it must not be shown."""
    return file_name(str(clip.clip.path)) if show_names else ""


def shown_error(clip: ScoredClip, show_names: bool) -> str:
    """Return why a clip could not be scored, without folders.

    The file's own name is left in it only if `show_names`. What of the path else stands between
    quotes, as names of folders do, is always taken out.
    """
    path = str(clip.clip.path)
    told = without_clip_folders(clip.error.replace(clip.clip.path.as_posix(), path), path)
    for part in clip.clip.path.parts[:-1]:
        told = re.sub(rf"(['\"]){re.escape(part)}\1", "…", told)
    if show_names:
        return told
    for name in (file_name(path), clip.clip.path.stem):
        if name:
            told = re.sub(rf"(['\"]?)(?<!\w){re.escape(name)}(?!\w)\1", "the file", told)
    return told[:1].upper() + told[1:]

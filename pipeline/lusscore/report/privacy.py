"""No folder of the machine that made a report is told to those who read it."""

from __future__ import annotations

import re
from pathlib import PureWindowsPath

# An absolute path: a drive or slash that does not continue a word, URL or other path, then folders.
_FOLDERS = re.compile(
    r"""(?: (?<![A-Za-z]) [A-Za-z]: [\\/] (?![\\/]) | (?<![\w.:/\\]) [\\/]{1,2} (?!\s) | ~[\\/] )
        (?: [^\\/:*?"'<>|\n]+ [\\/] )+""",
    re.VERBOSE,
)


def hide_folders(text: str) -> str:
    """Replace the folders of every absolute path in `text` by an ellipsis.

    Relative paths and web addresses stay. Folders may hold spaces, so words between two slashes
    can go too; too little is shown rather than too much.
    """
    if "/" not in text and "\\" not in text:
        return text
    return _FOLDERS.sub("…/", text)


def file_name(clip: str) -> str:
    """Return a clip's file name: folders often carry a patient's name."""
    return PureWindowsPath(clip).name


def without_clip_folders(text: str, clip: str) -> str:
    """Return `text` about `clip` with the clip's path, in whatever form, cut to its file name."""
    return (
        hide_folders(text)
        .replace(f"…/{file_name(clip)}", file_name(clip))
        .replace(clip, file_name(clip))
    )

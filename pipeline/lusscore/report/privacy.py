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

# Where a path begins, at a drive, slash or tilde or with any word, and all of it but the file name.
_BEGINNING = r"(?:(?<![\w.])(?:file:|[A-Za-z]:)?[\\/~][^\n]*?[\\/]|[^\s'\"(]*[\\/])"


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
    """Return `text` about `clip` with the clip's path, in whatever form, cut to its file name.

    From where a path begins up to that name everything goes, quotes and spaces included, for
    folders may hold them too. Folders of any other absolute path go as well.
    """
    name = file_name(clip)
    told = text.replace(clip, name)
    told = re.sub(_BEGINNING + re.escape(name), lambda _: name, told)
    return hide_folders(told)

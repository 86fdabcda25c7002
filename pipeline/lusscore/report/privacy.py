"""No folder of the machine that made a report is told to those who read it."""

from __future__ import annotations

import re
from pathlib import PureWindowsPath

# An absolute path: a drive or slash that does not continue a word, URL or other path, then folders.
_FOLDERS = re.compile(
    r"""(?: (?<![A-Za-z]) [A-Za-z]: [\\/] (?![\\/]) | (?<![\w.:/\\]) [\\/]{1,2} (?!\s) | ~[\\/]
          | (?<=:) [\\/] (?![\\/\s]) | file:[\\/]{2,3} )
        (?: [^\\/:*?"'<>|\n]+ [\\/] )+""",
    re.VERBOSE,
)

# All of a path but its file name: from the first word with a slash to the last slash.
_BEFORE_NAME = r"""[^\s'"(]*[\\/](?:[^\n]*?[\\/])?"""


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
    told = re.sub(_BEFORE_NAME + re.escape(name), lambda _: name, told)
    return hide_folders(told)

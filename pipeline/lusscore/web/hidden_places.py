"""Sentences for the browser name no place of this machine."""

from __future__ import annotations

import re
from pathlib import Path

from lusscore.report.privacy import hide_folders


def without_places(sentence: str, *folders: Path) -> str:
    """Take folders out of a sentence: those given, wherever they lie, and all absolute ones.

    What lies in a given folder keeps its path from there on.
    """
    for folder in folders:
        for place in {str(folder.resolve()), str(folder), folder.as_posix()}:
            sentence = re.sub(rf"(?<![\w.]){re.escape(place)}[\\/]", "", sentence)
    return hide_folders(sentence)

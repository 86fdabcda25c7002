"""What lies in a folder, as people see it: in natural order, without what systems leave behind."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

_LEFT_BEHIND = frozenset(("__macosx", "thumbs.db", "desktop.ini", "dicomdir"))


def listing(folder: Path) -> list[Path]:
    """List files and folders that somebody put into `folder`, in natural order.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    there = (path for path in folder.iterdir() if not is_left_behind(path))
    return sorted(there, key=natural_order)


def is_left_behind(path: Path) -> bool:
    """Tell whether a file or folder is hidden, or one that systems leave behind."""
    return path.name.startswith(".") or path.name.lower() in _LEFT_BEHIND


def natural_order(path: Path) -> list[list[tuple[int, int, str]]]:
    """Order ``clip2`` before ``clip10``, and equally on systems that write names differently."""
    return [*(list(_pieces(part)) for part in path.parts), [(1, 0, str(path))]]


def _pieces(name: str) -> Iterator[tuple[int, int, str]]:
    for piece in re.split(r"([0-9]+)", unicodedata.normalize("NFC", name).casefold()):
        yield (0, int(piece), "") if piece.isdecimal() and piece.isascii() else (1, 0, piece)

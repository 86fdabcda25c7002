"""The folder ``aside/``: files whose settings may come back, and damaged ones."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

_DAMAGED = re.compile(r"(.+)-damaged-\d+")
_WAITING = re.compile(r"(.+)-[0-9a-f]+")


def aside_folder(path: Path) -> Path:
    """Return the folder ``aside/`` of a feature file, which may itself lie in it."""
    return path.parent if path.parent.name == "aside" else path.parent / "aside"


def is_damaged_copy(path: Path) -> bool:
    """Tell whether a file in ``aside/`` was put there because it is damaged."""
    return _DAMAGED.fullmatch(path.stem) is not None


def backbone_of(path: Path) -> str:
    """Return the backbone of a feature file by its name, wherever it lies."""
    if path.parent.name != "aside":
        return path.stem
    found = _DAMAGED.fullmatch(path.stem) or _WAITING.fullmatch(path.stem)
    return found.group(1) if found else path.stem


def keep_damaged(path: Path) -> Path:
    """Give a damaged file a second name in ``aside/``; the file itself stays where it is.

    Returns
    -------
    Path
        ``aside/<backbone>-damaged-<n>.h5``, the first number that is free.

    Raises
    ------
    OSError
        If there is no space for it where the file system knows no second names.
    """
    folder = aside_folder(path)
    folder.mkdir(exist_ok=True)
    name = backbone_of(path)
    for number in range(1, 1 + len(list(folder.iterdir()))):
        earlier = folder / f"{name}-damaged-{number}.h5"
        # left by a repair that was killed before the file was replaced
        if earlier.exists() and earlier.samefile(path):
            return earlier
    number = 1
    while (kept := folder / f"{name}-damaged-{number}.h5").exists():
        number += 1
    try:
        os.link(path, kept)
    except OSError:
        beside = kept.with_suffix(".part")
        shutil.copy2(path, beside)
        beside.replace(kept)
    return kept

"""Folders and progress, as every call of the API takes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lusscore.console import counter

Place = str | os.PathLike[str]
Progress = Callable[[int, int], None]


def folder_of(given: Place | None, kind: str) -> Path:
    """Return the folder of all `kind`: as given, else as in the environment, else ``./<kind>``."""
    return Path(given or os.environ.get(f"LUSSCORE_{kind.upper()}") or kind)


def weights_of(given: Place | None) -> Path | None:
    """Return the folder of weights, if one is given or in the environment."""
    found = given or os.environ.get("LUSSCORE_WEIGHTS")
    return Path(found) if found else None


@contextmanager
def counted(title: str, unit: str, shown: bool) -> Iterator[Progress]:
    """Show a progress bar; yields what to call with (done, total)."""
    if not shown:
        yield lambda done, total: None
        return
    with counter(title, unit) as update:
        yield update

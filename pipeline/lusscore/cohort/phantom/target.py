"""The folder a phantom is written to: never half, never over anything else."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lusscore.cohort.card import CARD_NAME, read_card
from lusscore.errors import CohortError


def check_target(folder: Path, overwrite: bool) -> None:
    """Make sure that a phantom may be written to `folder`.

    Raises
    ------
    CohortError
        If there is something that is not an empty folder, unless it is a synthetic cohort and
        `overwrite` is true.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / CARD_NAME).is_file():
        raise CohortError(
            f"{folder} is already there and is not a cohort; expected a new or an empty folder, "
            "so choose another one."
        )
    if not read_card(folder / CARD_NAME).synthetic:
        raise CohortError(
            f"{folder} holds a cohort that is not synthetic and is never overwritten; "
            "choose another folder."
        )
    if not overwrite:
        raise CohortError(
            f"{folder} already holds a synthetic cohort; allow it to be overwritten or choose "
            "another folder."
        )


@contextmanager
def complete_or_nothing(folder: Path) -> Iterator[Path]:
    """Give a new folder to write to that takes the place of `folder` when the block succeeds.

    It lies in a hidden folder beside `folder`, which a killed process leaves behind and which
    may be deleted.

    Yields
    ------
    Path
        An empty folder.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        fresh, replaced = Path(beside) / "fresh", Path(beside) / "replaced"
        fresh.mkdir()
        yield fresh
        if not folder.exists():
            fresh.rename(folder)
            return
        folder.rename(replaced)
        try:
            fresh.rename(folder)
        except BaseException:
            replaced.rename(folder)
            raise

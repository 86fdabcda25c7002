"""The folder a phantom is written to: never half, never over anything else."""

from __future__ import annotations

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
            "it is already there and is not a cohort; expected a new or an empty folder, "
            "so choose another one.",
            path=folder,
        )
    if not read_card(folder / CARD_NAME).synthetic:
        raise CohortError(
            "it holds a cohort that is not synthetic and is never overwritten; "
            "choose another folder.",
            path=folder,
        )
    if not overwrite:
        raise CohortError(
            "it already holds a synthetic cohort; allow it to be overwritten or choose "
            "another folder.",
            path=folder,
        )

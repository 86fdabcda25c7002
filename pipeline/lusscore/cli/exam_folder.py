"""The folder that ``lusscore score`` leaves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path

from lusscore.errors import ExamError


def prepare_folder(folder: Path) -> None:
    """Make the folder, so that it is known before an exam is scored whether it can be.

    Raises
    ------
    ExamError
        If it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refusal(folder, error) from None


def write_exam(folder: Path, files: Mapping[str, str]) -> None:
    """Write an exam's files, each whole or not at all, over those of an earlier time.

    Parameters
    ----------
    folder
        Made if it is not there; what else lies in it stays.
    files
        Text by name.

    Raises
    ------
    ExamError
        If the disk does not take them.
    """
    prepare_folder(folder)
    try:
        for name, text in files.items():
            # under a name of its own first, since another process may be writing the same exam
            building = folder / f".{name}-{uuid.uuid4().hex[:12]}"
            try:
                # names of files may hold bytes that are no text
                building.write_bytes(text.encode("utf-8", errors="replace"))
                building.replace(folder / name)
            finally:
                building.unlink(missing_ok=True)
    except OSError as error:
        raise _refusal(folder, error) from None


def _refusal(folder: Path, error: OSError) -> ExamError:
    reason = error.strerror or type(error).__name__
    return ExamError(
        f"The exam cannot be written to {folder} ({reason}); free space or choose another folder "
        "with --output."
    )

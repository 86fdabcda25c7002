"""One writer of a cohort's labels at a time, and files that change whole or not at all."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lusscore.cohort import Card, write_card
from lusscore.errors import CohortError

LOCK_NAME = ".labels.lock"
PATIENCE = 30.0
_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if os.name == "nt" else ()


@contextmanager
def hold_cohort(folder: Path) -> Iterator[None]:
    """Be the one process that changes the labels of a cohort; wait for others first.

    The operating system lets go of the hold of a process that dies, however it dies.

    Parameters
    ----------
    folder
        The cohort's; it must be there.

    Raises
    ------
    CohortError
        If another process has not finished after half a minute, or the folder cannot be written.
    """
    lock = FileLock(folder / LOCK_NAME)
    try:
        lock.acquire(timeout=PATIENCE, poll_interval=0.02)
    except Timeout:
        raise CohortError(
            f"Labels of {folder.name} are being written by another process; save again when it "
            "has finished."
        ) from None
    except OSError as error:
        raise _not_written(folder.name, error) from None
    try:
        yield
    finally:
        lock.release()


def replace_file(path: Path, content: bytes) -> None:
    """Give a file new content: a process killed at any moment leaves the old or the new.

    A link is followed, and the file's permissions are kept.

    Raises
    ------
    CohortError
        If it cannot be written; nothing has changed then.
    """
    path = path.resolve()
    building = _beside(path)
    try:
        try:
            with building.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                shutil.copymode(path, building)
            _swap(building, path)
        finally:
            building.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(path.name, error) from None


def replace_card(path: Path, card: Card) -> None:
    """Write a card so that it is there whole or not at all.

    Raises
    ------
    CohortError
        If it cannot be written.
    """
    building = _beside(path)
    try:
        try:
            write_card(building, card)
            _swap(building, path)
        finally:
            building.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(path.name, error) from None


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file to where it then lies whole or not at all.

    Raises
    ------
    CohortError
        If it cannot be read or written.
    """
    building = _beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source, building)
            _swap(building, target)
        finally:
            building.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(target.name, error) from None


def _swap(building: Path, path: Path) -> None:
    """Put a file in its place; Windows refuses while somebody reads the old one, so try again."""
    for pause in _PAUSES:
        try:
            building.replace(path)
            return
        except PermissionError:
            time.sleep(pause)
    building.replace(path)


def _beside(path: Path) -> Path:
    """Name a file that nobody else writes, on the same disk."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")


def _not_written(name: str, error: OSError) -> CohortError:
    why = (error.strerror or "unknown reason").lower()
    return CohortError(
        f"{name} cannot be written ({why}); nothing was saved. Check the disk and your permissions."
    )

"""One writer of a cohort's labels at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lusscore.errors import CohortError

LOCK_NAME = ".labels.lock"
PATIENCE = 30.0


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
        raise CohortError(
            f"labels cannot be written ({(error.strerror or 'unknown reason').lower()})",
            advice="check the disk and your permissions; nothing was saved",
            path=folder,
        ) from None
    try:
        yield
    finally:
        lock.release()

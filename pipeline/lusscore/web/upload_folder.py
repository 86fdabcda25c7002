"""The temporary folder of all uploads, deleted at the end, and after a crash at the next start."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_PREFIX = "lusscore-serve-"
_LOCK = "in-use.lock"


@contextmanager
def upload_folder() -> Iterator[Path]:
    """Make a folder that only this user may open, and delete it with all in it afterwards.

    Folders that servers left behind which were killed are deleted too: nobody holds their lock.
    """
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = FileLock(folder / _LOCK)
    lock.acquire()
    try:
        yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(where: Path) -> None:
    for folder in where.glob(f"{_PREFIX}*"):
        if not _is_ours(folder):
            continue
        lock = FileLock(folder / _LOCK, timeout=0)
        try:
            lock.acquire()
        except (Timeout, OSError):
            continue
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Tell whether it is a real folder of this user with a lock in it."""
    try:
        # without the lock it is being made at this moment by another server
        if folder.is_symlink() or not (folder / _LOCK).is_file():
            return False
        return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
    except OSError:
        return False

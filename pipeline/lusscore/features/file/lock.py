"""One writer per feature file: who holds it, and waiting for it."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from lusscore.errors import FeatureFileError

_SECONDS_BETWEEN_TRIES = 0.2
# somebody who only looks whether the file is held holds it for an instant
_PATIENCE = 1.0


@contextmanager
def hold(
    path: Path,
    *,
    wait: bool = False,
    waiting: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> Iterator[None]:
    """Be the one writer of a feature file.

    The operating system lets go of the hold of a process that dies, however it dies.

    Parameters
    ----------
    path
        The feature file; need not exist yet.
    wait
        Wait for another writer instead of raising.
    waiting
        Called once with who is waited for, in words.
    stop
        Set it to give up waiting.

    Raises
    ------
    FeatureFileError
        If another process is writing and `wait` is off or `stop` was set; the message says which.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=_PATIENCE, poll_interval=0.05)
    except Timeout:
        who = holder(path)
        if not wait:
            raise FeatureFileError(
                f"{path} is being written by {who}; wait until it has finished (--wait does), or "
                "stop it and run this again: what it computed is kept."
            ) from None
        if waiting is not None:
            waiting(f"{path} is being written by {who}; waiting.")
        while not lock.is_locked:
            if stop is not None and stop.is_set():
                raise FeatureFileError(
                    f"Stopped while {path} was being written by {who}."
                ) from None
            with suppress(Timeout):
                lock.acquire(timeout=_SECONDS_BETWEEN_TRIES)
    note = _note_path(path)
    try:
        _write_note(note)
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def holder(path: Path) -> str:
    """Say who writes a feature file, as far as it is known: ``process 12 on lab-3, since …``."""
    try:
        told = json.loads(_note_path(path).read_text(encoding="utf-8"))
        return f"process {told['process']} on {told['host']}, since {told['since']}"
    except (OSError, ValueError, TypeError, KeyError):
        return "another lusscore process"


def is_held(path: Path) -> bool:
    """Tell whether some process writes a feature file now."""
    lock_file = Path(f"{path}.lock")
    if not lock_file.exists():
        return False
    lock = FileLock(lock_file)
    try:
        with lock.acquire(timeout=0):
            return False
    except (Timeout, OSError):
        return True


def _note_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.holder")


def _write_note(note: Path) -> None:
    """Leave word of this process; a disk that is full must not keep it from its work."""
    told = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    with suppress(OSError):
        note.write_text(json.dumps(told), encoding="utf-8")

"""Files that are whole or not there: atomic writes, and small records that carry their digest."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

TEMPORARY = ".tmp"
_SECONDS_UNTIL_ABANDONED = 24 * 3600


@contextmanager
def written_whole(path: Path, *, flushed: bool = True) -> Iterator[BinaryIO]:
    """Write a file under a temporary name beside `path`; rename it when it is whole.

    The file that was there stays until then, and stays if anything goes wrong. What need not
    outlive a power cut is not `flushed` to the disk first.

    Yields
    ------
    binary file
        Open for reading and writing.

    Raises
    ------
    OSError
        If the folder cannot be made, the disk is full, or the file may not be replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}{TEMPORARY}")
    try:
        with temporary.open("x+b") as file:
            yield file
            file.flush()
            if flushed:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def sweep(folder: Path) -> None:
    """Delete what killed processes left below `folder` under temporary names a day ago or more."""
    limit = time.time() - _SECONDS_UNTIL_ABANDONED
    with suppress(OSError):
        for left in folder.rglob(f".*{TEMPORARY}"):
            with suppress(OSError):
                if left.stat().st_mtime < limit:
                    left.unlink()


def write_record(path: Path, document: Any) -> None:
    """Write JSON after a line with its SHA-256. What cannot be written is not remembered."""
    text = json.dumps(document, separators=(",", ":"))
    with suppress(OSError), written_whole(path, flushed=False) as file:
        file.write(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}\n".encode())


def read_record(path: Path) -> Any:
    """Return what :func:`write_record` wrote; None where it is missing or damaged."""
    try:
        digest, _, text = path.read_text(encoding="utf-8").partition("\n")
        text = text.removesuffix("\n")
        return json.loads(text) if hashlib.sha256(text.encode()).hexdigest() == digest else None
    except (OSError, ValueError):
        return None

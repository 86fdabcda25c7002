"""What tells, without reading it, that a clip was not touched."""

from __future__ import annotations

from pathlib import Path


def stamp_clip(path: Path) -> tuple[int, ...]:
    """Return number of files, bytes in all and latest modification time in nanoseconds.

    Returns
    -------
    tuple of int
        Empty if the clip cannot be looked at.
    """
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        stats = [file.stat() for file in files]
    except OSError:
        return ()
    return (
        len(stats),
        sum(entry.st_size for entry in stats),
        max((entry.st_mtime_ns for entry in stats), default=0),
    )

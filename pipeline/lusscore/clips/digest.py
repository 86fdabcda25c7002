"""What a clip is, wherever it lies, and what tells without reading it that it was not touched."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lusscore.clips.images import image_files
from lusscore.errors import ClipError


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


def digest_clip(path: Path) -> str:
    """Return the SHA-256 of a clip's media bytes.

    A folder's digest is that of its images' names and digests, in frame order.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ClipError
        If the clip cannot be read.
    """
    try:
        if path.is_dir():
            listing = "".join(f"{file.name}\0{_digest_file(file)}\n" for file in image_files(path))
            return hashlib.sha256(listing.encode()).hexdigest()
        return _digest_file(path)
    except OSError as error:
        raise ClipError(
            f"the clip cannot be read ({error.strerror or 'unknown reason'})",
            advice="check that it is there and may be read",
            path=path,
        ) from None


def _digest_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

"""Clips as files: their order in a folder, their digests, and whether they were touched."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from lusscore.clips.reader import unreadable
from lusscore.errors import ClipError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
_LEFT_BEHIND = frozenset(("__macosx", "thumbs.db", "desktop.ini", "dicomdir"))


def listing(folder: Path) -> list[Path]:
    """List the files and folders that somebody put into `folder`, in natural order."""
    there = (path for path in folder.iterdir() if not is_left_behind(path))
    return sorted(there, key=natural_order)


def is_broken_link(path: Path) -> bool:
    """Tell whether a path is a link to nothing, as of content that git-annex has not fetched."""
    return path.is_symlink() and not path.exists()


def is_left_behind(path: Path) -> bool:
    """Tell whether a file or folder is hidden, or one that systems leave behind."""
    return path.name.startswith(".") or path.name.lower() in _LEFT_BEHIND


def natural_order(path: Path) -> list[list[tuple[int, int, str]]]:
    """Order ``clip2`` before ``clip10``, and equally on systems that write names differently."""
    return [*(list(_pieces(part)) for part in path.parts), [(1, 0, str(path))]]


def _pieces(name: str) -> Iterator[tuple[int, int, str]]:
    for piece in re.split(r"([0-9]+)", unicodedata.normalize("NFC", name).casefold()):
        yield (0, int(piece), "") if piece.isdecimal() and piece.isascii() else (1, 0, piece)


def image_files(folder: Path) -> list[Path]:
    """List a folder's images in natural order; raise ClipError where there is none."""
    try:
        files = [file for file in listing(folder) if file.suffix.lower() in IMAGE_SUFFIXES]
    except OSError as error:
        raise unreadable(error, folder, "folder") from None
    if not files:
        raise ClipError(
            f"the folder holds no images; expected files ending in {', '.join(IMAGE_SUFFIXES)}",
            advice="leave it out, or put the images there",
            path=folder,
        )
    return files


def stamp_clip(path: Path) -> tuple[int, ...]:
    """Return number of files, bytes in all and latest modification time in nanoseconds.

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
    """Return the SHA-256 of a clip's media bytes: 64 hexadecimal digits, or raise ClipError.

    A folder's digest is that of its images' names and digests, in frame order.
    """
    try:
        if path.is_dir():
            digests = "".join(f"{file.name}\0{_digest(file)}\n" for file in image_files(path))
            return hashlib.sha256(digests.encode()).hexdigest()
        return _digest(path)
    except OSError as error:
        raise unreadable(error, path) from None


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

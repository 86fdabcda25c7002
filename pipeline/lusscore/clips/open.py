"""Open any clip."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

from lusscore.clips import images, video  # noqa: F401 - importing registers the readers
from lusscore.clips.facts import ClipFacts
from lusscore.clips.frame import Frame
from lusscore.clips.readers import ClipReader, registered_readers
from lusscore.errors import ClipError


def is_clip(path: Path) -> bool:
    """Tell whether `path` looks like a clip: a folder, or a file with a known suffix."""
    return any(reader.accepts(path) for reader in registered_readers())


def open_clip(path: Path, only: Container[int] | None = None) -> Iterator[Frame]:
    """Yield the frames of a video, an image or a folder of images.

    Parameters
    ----------
    path
        The clip.
    only
        Frame numbers wanted; None for all. Frames left out are not converted to RGB.

    Yields
    ------
    Frame
        In order, numbered from 0.

    Raises
    ------
    ClipError
        If there is nothing at `path`, nothing can open it, or it is not what its name says.
    """
    return _find_reader(path).frames(path, only)


def count_frames(path: Path) -> int:
    """Return how many frames a clip has, by decoding it to the end.

    Raises
    ------
    ClipError
        As for :func:`open_clip`.
    """
    return _find_reader(path).count(path)


def read_facts(path: Path) -> ClipFacts:
    """Read what a clip says of itself: kind, size, rate, device, identifiers, regions.

    Raises
    ------
    ClipError
        As for :func:`open_clip`.
    """
    return _find_reader(path).facts(path)


def _find_reader(path: Path) -> ClipReader:
    if not path.exists():
        raise ClipError(f"No clip at {path}; check the path or mount the drive it lies on.")
    if path.is_file() and path.stat().st_size == 0:
        raise ClipError(f"{path} is empty (0 bytes); export or copy it again.")
    for reader in registered_readers():
        if reader.accepts(path):
            return reader
    kinds = ", ".join(reader.kind for reader in registered_readers())
    raise ClipError(f"{path} is no clip by its name; expected one of: {kinds}.")

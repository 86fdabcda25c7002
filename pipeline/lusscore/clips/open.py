"""Open any clip."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import TypeVar

# importing registers the readers
from lusscore.clips import dicom, images, video  # noqa: F401
from lusscore.clips.frame import ClipFacts, Frame, Region
from lusscore.clips.readers import ClipReader, naming, registered_readers
from lusscore.errors import ClipError

_Item = TypeVar("_Item")


def is_clip(path: Path) -> bool:
    """Tell whether `path` looks like a clip.

    A folder does, and a file with a known suffix, and one with an unknown suffix or none that
    begins as DICOM does. The index of a DICOM medium, ``DICOMDIR``, does not.
    """
    if path.name.upper() == "DICOMDIR":
        return False
    try:
        return any(reader.accepts(path) for reader in registered_readers())
    except OSError:  # on a drive or in a folder that may not be looked at
        return False


def open_clip(path: Path, only: Container[int] | None = None) -> Iterator[Frame]:
    """Yield the frames of a video, a DICOM file, an image or a folder of images.

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
        If there is nothing at `path`, nothing can open it, it is not what its name says, or it
        is larger than :mod:`lusscore.clips.limits` allows.
    """
    reader = _find_reader(path)
    return _named(path, reader.frames(path, only))


def count_frames(path: Path) -> int:
    """Return how many frames a clip has, by decoding it to the end.

    Raises
    ------
    ClipError
        As for :func:`open_clip`.
    """
    return sum(1 for _ in clip_times(path))


def clip_times(path: Path) -> Iterator[float]:
    """Yield the time of each frame in seconds, by decoding the clip without converting to RGB.

    Yields
    ------
    float
        Seconds since the first frame; NaN where the clip has no clock.

    Raises
    ------
    ClipError
        As for :func:`open_clip`.
    """
    reader = _find_reader(path)
    return _named(path, reader.times(path))


def read_facts(path: Path) -> ClipFacts:
    """Read what a clip says of itself: kind, size, rate, device, identifiers, regions.

    Raises
    ------
    ClipError
        As for :func:`open_clip`.
    """
    reader = _find_reader(path)
    with naming(path):
        return reader.facts(path)


def clip_regions(path: Path) -> tuple[Region, ...]:
    """Return the regions that a clip declares; a clip that cannot declare any is not opened.

    Raises
    ------
    ClipError
        As for :func:`open_clip`.
    """
    reader = _find_reader(path)
    with naming(path):
        return reader.regions(path)


def _named(path: Path, items: Iterator[_Item]) -> Iterator[_Item]:
    with naming(path):
        yield from items


def _find_reader(path: Path) -> ClipReader:
    try:
        if not path.exists():
            raise ClipError(
                "there is no such clip",
                advice="check the path or mount the drive it lies on",
                path=path,
            )
        if not path.is_file() and not path.is_dir():
            raise ClipError(
                "it is neither a file nor a folder; expected a clip",
                advice="leave it out",
                path=path,
            )
        if path.is_file() and path.stat().st_size == 0:
            raise ClipError(
                "the file is empty (0 bytes)", advice="export or copy it again", path=path
            )
    except OSError as error:
        raise ClipError(
            f"the clip cannot be read ({error.strerror or 'unknown reason'})",
            advice="check that it is there and may be read",
            path=path,
        ) from None
    for reader in registered_readers():
        if reader.accepts(path):
            return reader
    kinds = ", ".join(sorted((reader.kind for reader in registered_readers()), key=str.lower))
    raise ClipError(
        f"the clip's name does not tell its kind; expected one of: {kinds}",
        advice="convert it, or leave it out",
        path=path,
    )

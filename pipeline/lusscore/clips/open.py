"""Open any clip."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

# importing registers the readers
from lusscore.clips import dicom, images, video  # noqa: F401
from lusscore.clips.facts import ClipFacts, Region
from lusscore.clips.frame import Frame
from lusscore.clips.readers import ClipReader, registered_readers
from lusscore.errors import ClipError


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
    return _find_reader(path).frames(path, only)


def count_frames(path: Path) -> int:
    """Return how many frames a clip has, by decoding it to the end.

    Raises
    ------
    ClipError
        As for :func:`open_clip`.
    """
    return sum(1 for _ in _find_reader(path).times(path))


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
    return _find_reader(path).times(path)


def read_facts(path: Path) -> ClipFacts:
    """Read what a clip says of itself: kind, size, rate, device, identifiers, regions.

    Raises
    ------
    ClipError
        As for :func:`open_clip`.
    """
    return _find_reader(path).facts(path)


def clip_regions(path: Path) -> tuple[Region, ...]:
    """Return the regions that a clip declares; a clip that cannot declare any is not opened.

    Raises
    ------
    ClipError
        As for :func:`open_clip`.
    """
    return _find_reader(path).regions(path)


def _find_reader(path: Path) -> ClipReader:
    try:
        if not path.exists():
            raise ClipError(f"No clip at {path}; check the path or mount the drive it lies on.")
        if not path.is_file() and not path.is_dir():
            raise ClipError(
                f"{path} is neither a file nor a folder; expected a clip. Leave it out."
            )
        if path.is_file() and path.stat().st_size == 0:
            raise ClipError(f"{path} is empty (0 bytes); export or copy it again.")
    except OSError as error:
        raise ClipError(
            f"{path} cannot be read ({error.strerror}); check that it is there and may be read."
        ) from None
    for reader in registered_readers():
        if reader.accepts(path):
            return reader
    kinds = ", ".join(sorted((reader.kind for reader in registered_readers()), key=str.lower))
    raise ClipError(f"{path} is no clip by its name; expected one of: {kinds}.")

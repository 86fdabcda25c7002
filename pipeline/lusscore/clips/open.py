"""Open any clip."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import TypeVar

from lusscore.clips.dicom.header import has_magic
from lusscore.clips.dicom.reader import DicomReader
from lusscore.clips.frame import ClipFacts, Frame, Region
from lusscore.clips.images import ImageFolderReader, ImageReader
from lusscore.clips.reader import ClipReader, naming, unreadable
from lusscore.clips.video import VideoReader
from lusscore.errors import ClipError

_DICOM, _IMAGE, _FOLDER, _VIDEO = DicomReader(), ImageReader(), ImageFolderReader(), VideoReader()
READERS: tuple[ClipReader, ...] = (_DICOM, _IMAGE, _FOLDER, _VIDEO)
_Item = TypeVar("_Item")


def clip_kinds() -> str:
    """Name all kinds of clips, for messages."""
    return ", ".join(sorted((reader.kind for reader in READERS), key=str.lower))


def has_known_suffix(path: Path) -> bool:
    """Tell whether a suffix belongs to some kind of clip."""
    return any(path.suffix.lower() in reader.suffixes for reader in READERS)


def is_dicom(path: Path) -> bool:
    """Tell whether a suffix is that of DICOM, or unknown on a file that says it is DICOM.

    Archives export files named ``IM_0001`` or ``1.2.840.113619.2``.
    """
    if path.suffix.lower() in _DICOM.suffixes:
        return True
    return not has_known_suffix(path) and path.is_file() and has_magic(path)


def is_clip(path: Path) -> bool:
    """Tell whether `path` looks like a clip.

    A folder does, and a file with a known suffix, and one with an unknown suffix or none that
    begins as DICOM does. The index of a DICOM medium, ``DICOMDIR``, does not.
    """
    try:
        return path.name.upper() != "DICOMDIR" and _reader_of(path) is not None
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
        is larger than :mod:`lusscore.clips.reader` allows.
    """
    return _named(path, _find_reader(path).frames(path, only))


def count_frames(path: Path) -> int:
    """Return how many frames a clip has, by decoding it to the end."""
    return sum(1 for _ in clip_times(path))


def clip_times(path: Path) -> Iterator[float]:
    """Yield the seconds of each frame since the first, NaN without a clock.

    The clip is decoded without converting it to RGB; raises as :func:`open_clip`.
    """
    return _named(path, _find_reader(path).times(path))


def read_facts(path: Path) -> ClipFacts:
    """Read what a clip says of itself; raise as :func:`open_clip`."""
    reader = _find_reader(path)
    with naming(path):
        return reader.facts(path)


def clip_regions(path: Path) -> tuple[Region, ...]:
    """Return the regions that a clip declares; a clip that cannot declare any is not opened."""
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
        raise unreadable(error, path) from None
    reader = _reader_of(path)
    if reader is None:
        raise ClipError(
            "the type of this clip cannot be recognised from its name; expected one of: "
            f"{clip_kinds()}",
            advice="convert it, or leave it out",
            path=path,
        )
    return reader


def _reader_of(path: Path) -> ClipReader | None:
    if is_dicom(path):
        return _DICOM
    suffix = path.suffix.lower()
    if suffix in _IMAGE.suffixes:
        return _IMAGE
    if path.is_dir():
        return _FOLDER
    return _VIDEO if suffix in _VIDEO.suffixes else None

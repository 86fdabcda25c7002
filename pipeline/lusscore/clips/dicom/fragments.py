"""Encapsulated pixels as the bytes of each frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from lusscore.clips.dicom.file import DicomFile, size_of
from lusscore.clips.dicom.header import UNDEFINED_LENGTH, Header
from lusscore.errors import ClipError

_ITEM = 0xE000
_END = 0xE0DD


def encoded_frames(file: DicomFile, header: Header, frames: int) -> Iterator[bytes]:
    """Yield the compressed bytes of each frame.

    Raises
    ------
    ClipError
        If the file breaks off, or holds fewer frames than it declares.
    """
    from pydicom.encaps import generate_frames

    _walk(file, header)
    offsets = None
    if "ExtendedOffsetTable" in header.dataset:
        offsets = (
            header.dataset.ExtendedOffsetTable,
            header.dataset.ExtendedOffsetTableLengths,
        )
    file.seek(header.pixel_offset)
    found = 0
    for frame in generate_frames(file, number_of_frames=frames, extended_offsets=offsets):
        found += 1
        # where the reader goes on from here is pydicom's concern, and its place is kept
        place = file.tell()
        yield frame
        file.seek(place)
        if found == frames:
            return
    raise ClipError(
        f"the clip breaks off: it declares {frames} frames but holds {found}",
        advice="export or copy it again",
    )


def encoded_stream(file: DicomFile, header: Header) -> bytes:
    """Return all fragments joined: a whole video.

    Raises
    ------
    ClipError
        If the file breaks off.
    """
    parts = []
    for start, length in _walk(file, header)[1:]:
        file.seek(start)
        parts.append(file.read(length))
    return b"".join(parts)


def _walk(file: DicomFile, header: Header) -> list[tuple[int, int]]:
    """Return start and length of every item, the first being the table of offsets.

    Done before anything is decoded, so that a file that was cut is told from a whole one: some
    decoders fill up what is missing.
    """
    if header.pixel_length != UNDEFINED_LENGTH:
        raise ClipError(
            "the file declares compressed pixels of a fixed length; expected fragments",
            advice="export it again",
        )
    items: list[tuple[int, int]] = []
    size, at = size_of(file), header.pixel_offset
    while at + 8 <= size:
        file.seek(at)
        group, element, length = struct.unpack("<HHL", file.read(8))
        if group != 0xFFFE or element != _ITEM:
            if (group, element) == (0xFFFE, _END) and items:
                return items
            break
        at += 8 + length
        if at <= size:
            items.append((at - length, length))
    raise ClipError(
        f"the clip breaks off within its compressed pixels, {max(0, len(items) - 1)} fragments in",
        advice="export or copy it again",
    )

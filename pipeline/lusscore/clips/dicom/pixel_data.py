"""Pixels as the file holds them: fragments of compressed frames, and uncompressed samples."""

from __future__ import annotations

import math
import struct
from collections.abc import Container, Iterator
from typing import Any

from numpy.typing import NDArray

from lusscore.clips.dicom.file import DicomFile, size_of
from lusscore.clips.dicom.header import UNDEFINED_LENGTH, Header
from lusscore.clips.dicom.layout import PixelLayout
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


# Stored as full-range colours at half the horizontal resolution are; the range is seen to later.
_STORED_LIKE = {"YBR_PARTIAL_422": "YBR_FULL_422"}
_SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
_UNKNOWN = ("YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT")


def is_native(header: Header) -> bool:
    """Tell whether the pixels are uncompressed."""
    return header.transfer_syntax in _SYNTAXES


def native_frames(
    file: DicomFile,
    header: Header,
    layout: PixelLayout,
    only: Container[int] | None,
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield number and samples, as stored, of the frames numbered in `only` (all if None).

    Yields
    ------
    int
    ndarray of integers, shape (height, width) or (height, width, 3)

    Raises
    ------
    ClipError
        If the file holds fewer bytes than its frames take.
    """
    from pydicom.pixels.decoders.base import get_decoder

    if layout.photometric in _UNKNOWN:
        raise ClipError(
            f"the file holds uncompressed {layout.photometric}, which DICOM does not define",
            advice="export it again",
        )
    if layout.photometric.endswith("_422") and layout.width % 2:
        raise ClipError(
            f"the file holds {layout.photometric} with an odd number of columns ({layout.width}), "
            "which DICOM does not allow",
            advice="export it again",
        )
    _check_length(file, header, layout)
    decoder = get_decoder(header.transfer_syntax)
    options = layout.decoder_options(
        pixel_vr=header.pixel_vr,
        photometric_interpretation=_STORED_LIKE.get(layout.photometric, layout.photometric),
    )
    for index in range(layout.frames):
        if only is not None and index not in only:
            continue
        file.seek(header.pixel_offset)
        yield index, decoder.as_array(file, index=index, raw=True, **options)[0]


def _check_length(file: DicomFile, header: Header, layout: PixelLayout) -> None:
    per_pixel = 2 if layout.photometric.endswith("_422") else layout.samples
    bits = layout.frames * layout.height * layout.width * per_pixel * layout.allocated
    needed = math.ceil(bits / 8)
    held = max(0, size_of(file) - header.pixel_offset)
    if header.pixel_length != UNDEFINED_LENGTH:
        held = min(held, header.pixel_length)
    if held < needed:
        raise ClipError(
            f"the clip breaks off: its {layout.frames} frames take {needed} bytes but it holds "
            f"{held}",
            advice="export or copy it again",
        )

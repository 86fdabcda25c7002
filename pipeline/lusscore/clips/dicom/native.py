"""Uncompressed pixels, one frame at a time."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from typing import Any

from numpy.typing import NDArray

from lusscore.clips.dicom.file import DicomFile, size_of
from lusscore.clips.dicom.header import UNDEFINED_LENGTH, Header
from lusscore.clips.dicom.layout import PixelLayout
from lusscore.errors import ClipError

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

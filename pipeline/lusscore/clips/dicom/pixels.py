"""A file's pixels: their layout, uncompressed samples, and compressed fragments."""

from __future__ import annotations

import math
import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from numpy.typing import NDArray

from lusscore.clips.dicom.header import UNDEFINED_LENGTH, DicomFile, Header, number, size_of, text
from lusscore.clips.reader import check_frame_count, check_frame_size, damaged
from lusscore.clips.upright import square_size
from lusscore.errors import ClipError

_GREY = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
_COLOUR = (
    "RGB",
    "YBR_FULL",
    "YBR_FULL_422",
    "YBR_PARTIAL_422",
    "YBR_PARTIAL_420",
    "YBR_ICT",
    "YBR_RCT",
)
_COLOURS = {1: _GREY, 3: _COLOUR}
_UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
_NEVER_UNCOMPRESSED = ("YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT")
# Stored as full-range colours at half the horizontal resolution are; the range is seen to later.
_STORED_LIKE = {"YBR_PARTIAL_422": "YBR_FULL_422"}
_ITEM, _END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)


@dataclass(frozen=True)
class PixelLayout:
    """The image pixel module (PS3.3 C.7.6.3) of a file."""

    frames: int
    height: int
    width: int
    samples: int  # 1 or 3
    photometric: str
    planar: int  # 0 for colour by pixel, 1 for colour by plane
    allocated: int  # bits that a sample takes,
    stored: int  # that count,
    high: int  # and the number of the highest that counts
    signed: bool
    aspect: Fraction  # width of a pixel over its height

    @property
    def square(self) -> tuple[int, int]:
        """(height, width) of frames as they are yielded, with square pixels."""
        return square_size(self.height, self.width, self.aspect)

    def decoder_options(self, **changes: Any) -> dict[str, Any]:
        """Return the layout in the words of pydicom's decoders."""
        options: dict[str, Any] = {
            "rows": self.height,
            "columns": self.width,
            "samples_per_pixel": self.samples,
            "photometric_interpretation": self.photometric,
            "number_of_frames": self.frames,
            "bits_allocated": self.allocated,
            "bits_stored": self.high + 1,
            "pixel_representation": int(self.signed),
            "pixel_keyword": "PixelData",
        }
        if self.samples > 1:
            options["planar_configuration"] = self.planar
        return options | changes


def pixel_layout(header: Header) -> PixelLayout:
    """Read the layout and refuse what cannot be shown or is too large."""
    dataset = header.dataset
    _check_picture(header)
    height, width = number(dataset, "Rows"), number(dataset, "Columns")
    check_frame_size(height, width)
    frames = max(1, number(dataset, "NumberOfFrames", 1))
    check_frame_count(frames)
    samples = number(dataset, "SamplesPerPixel", 1)
    photometric = text(dataset, "PhotometricInterpretation").upper()
    if photometric not in _COLOURS.get(samples, ()):
        raise ClipError(
            f"the file holds {samples} samples per pixel in a colour model that they do not fit; "
            f"expected one of {', '.join(_GREY + _COLOUR)}",
            advice="export it again",
        )
    allocated = number(dataset, "BitsAllocated")
    stored = number(dataset, "BitsStored", allocated)
    high = number(dataset, "HighBit", stored - 1)
    if allocated not in (1, 8, 16, 32) or not 1 <= stored <= allocated:
        raise ClipError(
            f"the file holds pixels of {stored} bits in {allocated}; expected at most 1, 8, 16 or "
            "32",
            advice="export it again",
        )
    layout = PixelLayout(
        frames,
        height,
        width,
        samples,
        photometric,
        number(dataset, "PlanarConfiguration", 0) & 1,
        allocated,
        stored,
        high if stored - 1 <= high < allocated else stored - 1,
        number(dataset, "PixelRepresentation", 0) == 1,
        _aspect(dataset),
    )
    check_frame_size(*layout.square)
    return layout


def _check_picture(header: Header) -> None:
    from pydicom.uid import UID

    dataset = header.dataset
    if not header.pixel_keyword or "Rows" not in dataset:
        held = str(dataset.get("SOPClassUID") or dataset.file_meta.get("MediaStorageSOPClassUID"))
        # a UID that pydicom does not know is its own name
        name = UID(held).name
        raise ClipError(
            f"the file is DICOM without a picture ({'of an unknown kind' if name == held else name}"
            "); expected ultrasound images",
            advice="leave it out",
        )
    if header.pixel_keyword != "PixelData":
        raise ClipError(
            "the file holds floating-point pixels, which are measurements and no picture; "
            "expected ultrasound images",
            advice="leave it out",
        )


def _aspect(dataset: Any) -> Fraction:
    """Return a pixel's width over its height; 1 where the file does not say or says nonsense."""
    try:
        vertical, horizontal = (int(value) for value in dataset.get("PixelAspectRatio"))
    except (TypeError, ValueError):
        return Fraction(1)
    return Fraction(horizontal, vertical) if min(vertical, horizontal) > 0 else Fraction(1)


def is_native(header: Header) -> bool:
    """Tell whether the pixels are uncompressed."""
    return header.transfer_syntax in _UNCOMPRESSED


def native_frames(
    file: DicomFile, header: Header, layout: PixelLayout, only: Container[int] | None
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield number and samples, as stored, of the frames numbered in `only` (all if None).

    Samples are integers of shape (height, width) or (height, width, 3).
    """
    from pydicom.pixels.decoders.base import get_decoder

    if layout.photometric in _NEVER_UNCOMPRESSED:
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
        if only is None or index in only:
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
        raise damaged(
            f"the clip is truncated: its {layout.frames} frames take {needed} bytes but it holds "
            f"{held}"
        )


def encoded_frames(file: DicomFile, header: Header, frames: int) -> Iterator[bytes]:
    """Yield the compressed bytes of each frame."""
    from pydicom.encaps import generate_frames

    _fragments(file, header)
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
    raise damaged(f"the clip is truncated: it declares {frames} frames but holds {found}")


def encoded_stream(file: DicomFile, header: Header) -> bytes:
    """Return all fragments joined: a whole video."""
    parts = []
    for start, length in _fragments(file, header):
        file.seek(start)
        parts.append(file.read(length))
    return b"".join(parts)


def _fragments(file: DicomFile, header: Header) -> list[tuple[int, int]]:
    """Return start and length of every fragment, without the table of offsets before them.

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
        if (group, element) == _END and items:
            return items[1:]
        if (group, element) != _ITEM:
            break
        at += 8 + length
        if at <= size:
            items.append((at - length, length))
    raise damaged(
        f"the clip is truncated within its compressed pixels, {max(0, len(items) - 1)} fragments in"
    )

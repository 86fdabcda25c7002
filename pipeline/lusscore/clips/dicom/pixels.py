"""A file's pixels: their layout, uncompressed samples, and compressed fragments."""

from __future__ import annotations

import math
import struct
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.clips.dicom.header import UNDEFINED_LENGTH, DicomFile, Header, number, size_of, text
from lusscore.clips.reader import check_frame_count, check_frame_size, damaged
from lusscore.clips.upright import square_size
from lusscore.errors import ClipError
from lusscore.wording import plural

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
_RLE = "1.2.840.10008.1.2.5"
_JP2 = b"\0\0\0\x0cjP  \r\n\x87\n"
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
    check_frame_count(frames, height, width)
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
    decoder = get_decoder(header.transfer_syntax)
    options = layout.decoder_options(
        pixel_vr=header.pixel_vr,
        photometric_interpretation=_STORED_LIKE.get(layout.photometric, layout.photometric),
    )
    for index in range(layout.frames):
        if only is None or index in only:
            file.seek(header.pixel_offset)
            yield index, decoder.as_array(file, index=index, raw=True, **options)[0]


def held_layout(file: DicomFile, header: Header) -> PixelLayout:
    """Read the layout and hold it against the length of native pixels, in both directions.

    Raises ClipError if they are of fewer frames than the header declares, or of more. Colours
    that are declared at half the horizontal resolution and take three samples a pixel are at full
    resolution; which ones they are their samples tell.
    """
    layout = pixel_layout(header)
    if not is_native(header):
        return layout
    held = max(0, size_of(file) - header.pixel_offset)
    if header.pixel_length != UNDEFINED_LENGTH:
        held = min(held, header.pixel_length)
    full = layout.frames * _frame_bytes(layout, layout.samples)
    if layout.photometric == "YBR_FULL_422" and full <= held <= full + 1:
        layout = replace(layout, photometric="YBR_FULL")
        _, samples = next(native_frames(file, header, layout, None))
        return replace(layout, photometric="RGB") if are_rgb(samples) else layout
    one = _frame_bytes(layout, 2 if layout.photometric.endswith("_422") else layout.samples)
    needed = math.ceil(layout.frames * one)
    if held < needed:
        raise damaged(
            f"the clip is truncated: its {layout.frames} frames take {needed} bytes but it holds "
            f"{held}"
        )
    if held >= needed + one:
        raise _other_count(layout.frames, int(held / one))
    return layout


def are_rgb(samples: NDArray[Any]) -> bool:
    """Tell whether 8-bit samples, shape (height, width, 3), are RGB, or luminance and chroma.

    Pictures are mostly grey: red, green and blue are alike then, and chroma is 128.
    """
    first, others = samples[..., :1].astype(np.int16), samples[..., 1:].astype(np.int16)
    return bool(np.abs(others - first).mean() < np.abs(others - 128).mean())


def _frame_bytes(layout: PixelLayout, samples: int) -> float:
    return layout.height * layout.width * samples * layout.allocated / 8


def _other_count(declared: int, held: int) -> ClipError:
    return ClipError(
        f"the file declares {plural(declared, 'frame')} of a size of which its pixels hold {held}, "
        "so that its header cannot be right",
        advice="export it again",
    )


def encoded_frames(file: DicomFile, header: Header, frames: int) -> Iterator[bytes]:
    """Yield the compressed bytes of each frame.

    Where fragments show by their first bytes where frames begin, tables of offsets are not asked.
    """
    fragments = _fragments(file, header)
    begins = [_begins(file, start) for start, _ in fragments]
    if header.transfer_syntax == _RLE or (begins and all(begins)):
        begins = [True] * len(fragments)
    if begins and begins[0]:
        starts = [place for place, first in enumerate(begins) if first]
        if len(starts) > frames:
            raise _other_count(frames, len(starts))
        if len(starts) == frames:
            for first, end in zip(starts, [*starts[1:], len(fragments)], strict=True):
                yield _joined(file, fragments[first:end])
            return
    yield from _frames_by_table(file, header, frames)


def _begins(file: DicomFile, start: int) -> bool:
    """Tell whether a codestream of JPEG, JPEG-LS or JPEG 2000 begins at a byte of the file."""
    file.seek(start)
    return file.read(12).startswith((b"\xff\xd8\xff", b"\xff\x4f\xff\x51", _JP2))


def _frames_by_table(file: DicomFile, header: Header, frames: int) -> Iterator[bytes]:
    from pydicom.encaps import generate_frames

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
    return _joined(file, _fragments(file, header))


def _joined(file: DicomFile, fragments: Iterable[tuple[int, int]]) -> bytes:
    parts = []
    for start, length in fragments:
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
    # some writers leave out the delimiter that closes the last fragment
    while at + 8 <= size or (at == size and len(items) > 1):
        if at == size:
            return items[1:]
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

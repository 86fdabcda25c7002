"""How a DICOM file's pixels are laid out, as its header claims and its limits allow."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lusscore.clips.dicom.header import Header, number, text
from lusscore.clips.limits import check_frame_count, check_frame_size
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


@dataclass(frozen=True)
class PixelLayout:
    """The image pixel module (PS3.3 C.7.6.3) of a file.

    Attributes
    ----------
    frames, height, width, samples
        Claimed shape; `samples` is 1 or 3.
    photometric
        Photometric interpretation.
    planar
        0 for colour by pixel, 1 for colour by plane.
    allocated, stored, high
        Bits that a sample takes, that count, and the number of the highest that counts.
    signed
        Whether samples are in two's complement.
    aspect
        Width of a pixel over its height.
    """

    frames: int
    height: int
    width: int
    samples: int
    photometric: str
    planar: int
    allocated: int
    stored: int
    high: int
    signed: bool
    aspect: Fraction

    @property
    def square(self) -> tuple[int, int]:
        """(height, width) of frames as they are yielded, with square pixels."""
        return square_size(self.height, self.width, self.aspect)

    @property
    def surplus(self) -> int:
        """Bits below those that count, which hold something else."""
        return self.high + 1 - self.stored

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
    """Read the layout and hold it against what is readable and allowed.

    Raises
    ------
    ClipError
        If the file has no pixels, or claims a layout that cannot be shown or is too large.
    """
    dataset = header.dataset
    if not header.pixel_keyword or "Rows" not in dataset:
        raise ClipError(
            f"the file is DICOM without a picture ({_what_it_is(dataset)}); expected ultrasound "
            "images",
            advice="leave it out",
        )
    if header.pixel_keyword != "PixelData":
        raise ClipError(
            "the file holds floating-point pixels, which are measurements and no picture; "
            "expected ultrasound images",
            advice="leave it out",
        )
    height, width = number(dataset, "Rows"), number(dataset, "Columns")
    check_frame_size(height, width)
    frames = max(1, number(dataset, "NumberOfFrames", 1))
    check_frame_count(frames)
    samples = number(dataset, "SamplesPerPixel", 1)
    photometric = text(dataset, "PhotometricInterpretation").upper()
    if photometric not in (_GREY if samples == 1 else _COLOUR if samples == 3 else ()):
        known = ", ".join(_GREY + _COLOUR)
        raise ClipError(
            f"the file holds {samples} samples per pixel in a colour model that they do not fit; "
            f"expected one of {known}",
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
    if not stored - 1 <= high < allocated:
        high = stored - 1
    layout = PixelLayout(
        frames,
        height,
        width,
        samples,
        photometric,
        number(dataset, "PlanarConfiguration", 0) & 1,
        allocated,
        stored,
        high,
        number(dataset, "PixelRepresentation", 0) == 1,
        _aspect(dataset),
    )
    check_frame_size(*layout.square)
    return layout


def _aspect(dataset: Any) -> Fraction:
    """Return a pixel's width over its height; 1 where the file does not say or says nonsense."""
    told = dataset.get("PixelAspectRatio")
    try:
        vertical, horizontal = (int(value) for value in told)
    except (TypeError, ValueError):
        return Fraction(1)
    if vertical <= 0 or horizontal <= 0:
        return Fraction(1)
    return Fraction(horizontal, vertical)


def _what_it_is(dataset: Any) -> str:
    """Return the name of the file's SOP class, which tells what it holds instead."""
    from pydicom.uid import UID

    told = dataset.get("SOPClassUID") or dataset.file_meta.get("MediaStorageSOPClassUID")
    # a UID that pydicom does not know is its own name
    name = UID(str(told)).name
    return "of an unknown kind" if name == str(told) else name

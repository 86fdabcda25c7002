"""What a compressed frame says of its own size, read before a decoder takes memory for it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from lusscore.clips.dicom.layout import PixelLayout
from lusscore.errors import ClipError

_JPEG_START = b"\xff\xd8"
_J2K_START = b"\xff\x4f\xff\x51"
# Start-of-frame markers of JPEG and JPEG-LS; C4, C8 and CC are other things.
_FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = {0x01, *range(0xD0, 0xD9)}
# A JP2 file's boxes may stand before the codestream.
_J2K_WITHIN = 4096


@dataclass(frozen=True)
class Codestream:
    """The frame header of a JPEG, JPEG-LS or JPEG 2000 codestream.

    Attributes
    ----------
    height, width, samples, precision
        As declared; `precision` in bits.
    """

    height: int
    width: int
    samples: int
    precision: int


def read_codestream(frame: bytes) -> Codestream | None:
    """Read a compressed frame's own header; None where there is none to be found."""
    try:
        at = frame.find(_J2K_START, 0, _J2K_WITHIN)
        if at >= 0:
            x1, y1, x0, y0 = struct.unpack_from(">LLLL", frame, at + 8)
            (samples,) = struct.unpack_from(">H", frame, at + 40)
            return Codestream(y1 - y0, x1 - x0, samples, (frame[at + 42] & 0x7F) + 1)
        if frame[:2] == _JPEG_START:
            return _read_jpeg(frame)
    except (struct.error, IndexError):
        pass
    return None


def _read_jpeg(frame: bytes) -> Codestream | None:
    at = 2
    while at < len(frame):
        if frame[at] != 0xFF:
            return None
        marker = frame[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _BARE_MARKERS:
            at += 2
        elif marker in _FRAME_MARKERS:
            precision, height, width, samples = struct.unpack_from(">BHHB", frame, at + 4)
            return Codestream(height, width, samples, precision)
        else:
            at += 2 + struct.unpack_from(">H", frame, at + 2)[0]
    return None


def check_codestream(frame: bytes, layout: PixelLayout, index: int) -> Codestream:
    """Hold a compressed frame against the header of its file.

    Raises
    ------
    ClipError
        If it has no header of its own, or one that says otherwise.
    """
    found = read_codestream(frame)
    if found is None:
        raise ClipError(
            f"the file holds no compressed picture as frame {index}",
            advice="export or copy it again",
        )
    if (found.height, found.width, found.samples) != (layout.height, layout.width, layout.samples):
        raise ClipError(
            f"the file declares {layout.width} × {layout.height} pixels of {layout.samples} "
            f"samples but frame {index} has {found.width} × {found.height} of {found.samples}",
            advice="export or copy it again",
        )
    return found

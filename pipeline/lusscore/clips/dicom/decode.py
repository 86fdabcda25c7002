"""Compressed pixels, one frame at a time, each held against the header before it is decoded."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Container, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lusscore.clips.dicom.decoder_process import DecoderProcess
from lusscore.clips.dicom.header import DicomFile, Header
from lusscore.clips.dicom.pixels import PixelLayout, are_rgb, encoded_frames
from lusscore.clips.reader import damaged
from lusscore.errors import ClipError

_JPEG_START = b"\xff\xd8"
_J2K_START = b"\xff\x4f\xff\x51"
# Start-of-frame markers of JPEG and JPEG-LS; C4, C8 and CC are other things.
_FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = {0x01, *range(0xD0, 0xD9)}
# A JP2 file's boxes may stand before the codestream.
_J2K_WITHIN = 4096
_RGB_NAMES = [82, 71, 66]
_RLE = "1.2.840.10008.1.2.5"
_JPEG_DCT = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
_JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")

_Decode: TypeAlias = "Callable[[bytes, int], tuple[NDArray[Any], str]]"


def compressed_frames(
    file: DicomFile, header: Header, layout: PixelLayout, only: Container[int] | None
) -> Iterator[tuple[int, NDArray[Any], str]]:
    """Yield the frames numbered in `only` (all if None), in the colours that decoding left.

    Yields
    ------
    int
        Frame number.
    ndarray of integers, shape (height, width) or (height, width, 3)
    str
        Photometric interpretation.
    """
    with DecoderProcess() as process:
        decode = _find_decoder(header, layout, process)
        for index, frame in enumerate(encoded_frames(file, header, layout.frames)):
            if only is not None and index not in only:
                continue
            try:
                samples, photometric = decode(frame, index)
            except (ClipError, MemoryError):
                raise
            except Exception:  # each plugin raises what it likes, and quotes what it read
                raise damaged(
                    f"the file cannot be decoded from frame {index} on "
                    f"({header.transfer_syntax.name})"
                ) from None
            yield index, samples, photometric


def _find_decoder(header: Header, layout: PixelLayout, process: DecoderProcess) -> _Decode:
    """Return what decodes a frame, given its bytes and number."""
    from pydicom.encaps import encapsulate

    syntax = header.transfer_syntax
    decoder = _pydicom_decoder(syntax)
    options = layout.decoder_options(number_of_frames=1)

    def here(frame: bytes, plugin: str = "") -> tuple[NDArray[Any], str]:
        samples, properties = decoder.as_array(
            encapsulate([frame]), index=0, raw=True, decoding_plugin=plugin, **options
        )
        return samples, str(properties["photometric_interpretation"])

    def run_lengths(frame: bytes, index: int) -> tuple[NDArray[Any], str]:
        _check_rle(frame, layout, index)
        return here(frame)

    def jpeg(frame: bytes, index: int) -> tuple[NDArray[Any], str]:
        if _check_codestream(frame, layout, index).precision == 8:
            samples = _decode_jpeg(frame)
            return samples, "RGB" if layout.samples == 3 else layout.photometric
        if layout.samples != 1 or layout.allocated != 16 or layout.signed:
            raise ValueError("JPEG of 12 bits is decoded in shades alone")
        return process.decode(frame, "12 bit", options)

    def jpeg_2000(frame: bytes, index: int) -> tuple[NDArray[Any], str]:
        _check_codestream(frame, layout, index)
        try:
            return here(frame, "pillow")
        except (RuntimeError, ValueError):  # deep colours, and streams that only GDCM forgives
            return process.decode(frame, str(syntax), options)

    def others(frame: bytes, index: int) -> tuple[NDArray[Any], str]:
        _check_codestream(frame, layout, index)
        return process.decode(frame, str(syntax), options)

    if syntax == _RLE:
        return run_lengths
    if syntax in _JPEG_DCT:
        return jpeg
    return jpeg_2000 if syntax in _JPEG_2000 else others


def _pydicom_decoder(syntax: Any) -> Any:
    from pydicom.pixels.decoders.base import get_decoder

    # a UID that pydicom does not know is its own name
    name = "of a private or unknown kind" if syntax.name == str(syntax) else str(syntax.name)
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        raise ClipError(
            f"the file has the transfer syntax {name}, which cannot be decoded",
            advice="convert it to an uncompressed transfer syntax",
        ) from None
    if not decoder.is_available:
        raise ClipError(
            f"the file has the transfer syntax {name}, for which a decoder is missing "
            f"({'; '.join(decoder.missing_dependencies)})",
            advice="install one, or convert the file to an uncompressed transfer syntax",
        )
    return decoder


def _check_rle(frame: bytes, layout: PixelLayout, index: int) -> None:
    """Refuse a frame that is longer than run lengths can make it: it would grow 64-fold."""
    plain = layout.height * layout.width * layout.samples * layout.allocated // 8
    if len(frame) > 2 * plain + 1024:
        raise damaged(
            f"the file holds {len(frame)} bytes of run lengths as frame {index}, more than its "
            f"{plain} bytes can take"
        )


class _Codestream(NamedTuple):
    """What the frame header of a JPEG, JPEG-LS or JPEG 2000 codestream declares."""

    height: int
    width: int
    samples: int
    precision: int


def _check_codestream(frame: bytes, layout: PixelLayout, index: int) -> _Codestream:
    """Hold a compressed frame against the header of its file."""
    found = _read_codestream(frame)
    if found is None:
        raise damaged(f"the file holds no compressed picture as frame {index}")
    if found[:3] != (layout.height, layout.width, layout.samples):
        raise damaged(
            f"the file declares {layout.width} × {layout.height} pixels of {layout.samples} "
            f"samples but frame {index} has {found.width} × {found.height} of {found.samples}"
        )
    return found


def _read_codestream(frame: bytes) -> _Codestream | None:
    """Read a compressed frame's own header; None where there is none to be found."""
    try:
        at = frame.find(_J2K_START, 0, _J2K_WITHIN)
        if at >= 0:
            x1, y1, x0, y0 = struct.unpack_from(">LLLL", frame, at + 8)
            (samples,) = struct.unpack_from(">H", frame, at + 40)
            return _Codestream(y1 - y0, x1 - x0, samples, (frame[at + 42] & 0x7F) + 1)
        return _read_jpeg(frame) if frame[:2] == _JPEG_START else None
    except (struct.error, IndexError):
        return None


def _read_jpeg(frame: bytes) -> _Codestream | None:
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
            return _Codestream(height, width, samples, precision)
        else:
            at += 2 + struct.unpack_from(">H", frame, at + 2)[0]
    return None


def _decode_jpeg(frame: bytes) -> NDArray[np.uint8]:
    """Decode a frame of 8-bit JPEG: uint8, shape (height, width) or (height, width, 3) in RGB.

    The codestream knows its colours better than the header: by a JFIF or Adobe marker, the names
    of its components, or chroma of a lower resolution; where it has none of these its samples do.
    """
    with Image.open(io.BytesIO(frame), formats=("JPEG",)) as opened:
        image: Any = opened
        if image.mode == "L":
            return np.asarray(image)
        marked = "jfif" in image.info or "adobe_transform" in image.info
        named = [part[0] for part in image.layer] == _RGB_NAMES
        subsampled = len({part[1:3] for part in image.layer}) > 1
        if marked or named or subsampled:
            return np.asarray(image.convert("RGB"))
        # as if they were luminance and chroma, so that Pillow leaves them alone
        image.draft("YCbCr", image.size)
        samples = np.asarray(image)
    if are_rgb(samples):
        return samples
    return np.asarray(Image.fromarray(samples, "YCbCr").convert("RGB"))

"""Compressed pixels, one frame at a time."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lusscore.clips.dicom.codestream import check_codestream
from lusscore.clips.dicom.file import DicomFile
from lusscore.clips.dicom.fragments import encoded_frames
from lusscore.clips.dicom.gdcm_jpeg import decode_twelve_bit
from lusscore.clips.dicom.header import Header
from lusscore.clips.dicom.jpeg import decode_jpeg
from lusscore.clips.dicom.layout import PixelLayout
from lusscore.errors import ClipError

_RLE = "1.2.840.10008.1.2.5"
_JPEG_DCT = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")


def compressed_frames(
    file: DicomFile,
    header: Header,
    layout: PixelLayout,
    path: Path,
    only: Container[int] | None,
) -> Iterator[tuple[int, NDArray[Any], str]]:
    """Yield the frames numbered in `only` (all if None), in the colours that decoding left.

    Yields
    ------
    int
        Frame number.
    ndarray of integers, shape (height, width) or (height, width, 3)
    str
        Photometric interpretation.

    Raises
    ------
    ClipError
        If nothing can decode the transfer syntax, or a frame is missing or broken.
    """
    decode = _find_decoder(header, layout, path)
    frames = encoded_frames(file, header, layout.frames, path)
    for index, frame in enumerate(frames):
        if only is not None and index not in only:
            continue
        try:
            samples, photometric = decode(frame, index)
        except ClipError:
            raise
        except MemoryError:
            raise
        except Exception:  # each plugin raises what it likes, and quotes what it read
            raise ClipError(
                f"{path} cannot be decoded from frame {index} on "
                f"({header.transfer_syntax.name}); export or copy it again."
            ) from None
        yield index, samples, photometric


def _find_decoder(header: Header, layout: PixelLayout, path: Path) -> Any:
    """Return what decodes a frame: a function of its bytes and number."""
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder

    syntax = header.transfer_syntax
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        raise ClipError(
            f"{path} has the transfer syntax {_name(syntax)}, which cannot be decoded; convert it "
            "to an uncompressed transfer syntax."
        ) from None
    if not decoder.is_available:
        raise ClipError(
            f"{path} has the transfer syntax {_name(syntax)}, for which a decoder is missing "
            f"({'; '.join(decoder.missing_dependencies)}); install one, or convert the file to an "
            "uncompressed transfer syntax."
        )
    _quiet_gdcm()
    options = layout.decoder_options(number_of_frames=1)

    def decode(frame: bytes, index: int) -> tuple[NDArray[Any], str]:
        if syntax == _RLE:
            _check_rle(frame, layout, index, path)
        else:
            found = check_codestream(frame, layout, index, path)
            if syntax in _JPEG_DCT and found.precision == 8:
                pixels = decode_jpeg(frame, layout.photometric)
                return pixels, "RGB" if layout.samples == 3 else layout.photometric
            if syntax in _JPEG_DCT:
                return decode_twelve_bit(frame, layout), layout.photometric
        pixels, properties = decoder.as_array(encapsulate([frame]), index=0, raw=True, **options)
        return pixels, str(properties["photometric_interpretation"])

    return decode


def _check_rle(frame: bytes, layout: PixelLayout, index: int, path: Path) -> None:
    """Refuse a frame that is longer than run lengths can make it: it would grow 64-fold."""
    plain = layout.height * layout.width * layout.samples * layout.allocated // 8
    if len(frame) > 2 * plain + 1024:
        raise ClipError(
            f"{path} holds {len(frame)} bytes of run lengths as frame {index}, more than its "
            f"{plain} bytes can take; export or copy it again."
        )


def _name(syntax: Any) -> str:
    # a UID that pydicom does not know is its own name
    return "of a private or unknown kind" if syntax.name == str(syntax) else str(syntax.name)


def _quiet_gdcm() -> None:
    """Keep GDCM from writing to the terminal, where it is installed."""
    try:
        import gdcm
    except ImportError:
        return
    gdcm.Trace.DebugOff()
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()

"""Compressed pixels, one frame at a time."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import Any, TypeAlias

from numpy.typing import NDArray

from lusscore.clips.dicom.codestream import check_codestream
from lusscore.clips.dicom.decoder_process import DecoderProcess
from lusscore.clips.dicom.file import DicomFile
from lusscore.clips.dicom.fragments import encoded_frames
from lusscore.clips.dicom.header import Header
from lusscore.clips.dicom.jpeg import decode_jpeg
from lusscore.clips.dicom.layout import PixelLayout
from lusscore.errors import ClipError

_RLE = "1.2.840.10008.1.2.5"
_JPEG_DCT = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
_JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")

_Decode: TypeAlias = "Callable[[bytes, int], tuple[NDArray[Any], str]]"


def compressed_frames(
    file: DicomFile,
    header: Header,
    layout: PixelLayout,
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
                raise ClipError(
                    f"the file cannot be decoded from frame {index} on "
                    f"({header.transfer_syntax.name})",
                    advice="export or copy it again",
                ) from None
            yield index, samples, photometric


def _find_decoder(header: Header, layout: PixelLayout, process: DecoderProcess) -> _Decode:
    """Return what decodes a frame, given its bytes and number."""
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder

    syntax = header.transfer_syntax
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        raise ClipError(
            f"the file has the transfer syntax {_name(syntax)}, which cannot be decoded",
            advice="convert it to an uncompressed transfer syntax",
        ) from None
    if not decoder.is_available:
        raise ClipError(
            f"the file has the transfer syntax {_name(syntax)}, for which a decoder is missing "
            f"({'; '.join(decoder.missing_dependencies)})",
            advice="install one, or convert the file to an uncompressed transfer syntax",
        )
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
        if check_codestream(frame, layout, index).precision == 8:
            samples = decode_jpeg(frame, layout.photometric)
            return samples, "RGB" if layout.samples == 3 else layout.photometric
        if layout.samples != 1 or layout.allocated != 16 or layout.signed:
            raise ValueError("JPEG of 12 bits is decoded in shades alone")
        return process.decode(frame, "12 bit", options)

    def jpeg_2000(frame: bytes, index: int) -> tuple[NDArray[Any], str]:
        check_codestream(frame, layout, index)
        try:
            return here(frame, "pillow")
        except (RuntimeError, ValueError):  # deep colours, and streams that only GDCM forgives
            return process.decode(frame, str(syntax), options)

    def others(frame: bytes, index: int) -> tuple[NDArray[Any], str]:
        check_codestream(frame, layout, index)
        return process.decode(frame, str(syntax), options)

    if syntax == _RLE:
        return run_lengths
    if syntax in _JPEG_DCT:
        return jpeg
    return jpeg_2000 if syntax in _JPEG_2000 else others


def _check_rle(frame: bytes, layout: PixelLayout, index: int) -> None:
    """Refuse a frame that is longer than run lengths can make it: it would grow 64-fold."""
    plain = layout.height * layout.width * layout.samples * layout.allocated // 8
    if len(frame) > 2 * plain + 1024:
        raise ClipError(
            f"the file holds {len(frame)} bytes of run lengths as frame {index}, more than its "
            f"{plain} bytes can take",
            advice="export or copy it again",
        )


def _name(syntax: Any) -> str:
    # a UID that pydicom does not know is its own name
    return "of a private or unknown kind" if syntax.name == str(syntax) else str(syntax.name)

"""A DICOM file's header, where its pixels begin, and one sentence for whatever is broken."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lusscore.clips.dicom.file import DicomFile
from lusscore.clips.limits import MOST_ELEMENTS
from lusscore.clips.quiet import hush
from lusscore.errors import ClipError

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset
    from pydicom.uid import UID

UNDEFINED_LENGTH = 0xFFFFFFFF
_PIXEL_GROUP = 0x7FE0
_PIXEL_VRS = (b"OB", b"OW", b"UN", b"OF", b"OD")
_PIXEL_KEYWORDS = {8: "FloatPixelData", 9: "DoubleFloatPixelData", 16: "PixelData"}
# Values beyond this are pixels or a mistake; all that is used here is smaller.
_LARGEST_VALUE = 1 << 22


class NotANumberError(ValueError):
    """An element that must be a whole number is none.

    Parameters
    ----------
    keyword
        The element.
    """

    def __init__(self, keyword: str) -> None:
        self.keyword = keyword
        super().__init__(keyword)


@dataclass(frozen=True)
class Header:
    """What comes before the pixels.

    Attributes
    ----------
    dataset
        All elements before the pixels.
    transfer_syntax
        How the pixels are encoded.
    pixel_keyword
        ``"PixelData"`` or its floating-point relatives; empty where the file has no pixels.
    pixel_vr
        Value representation of the pixels: ``"OB"``, ``"OW"``, or empty where it is implicit.
    pixel_offset
        Byte at which the value of the pixel element begins.
    pixel_length
        Bytes that it claims; :data:`UNDEFINED_LENGTH` for encapsulated pixels.
    """

    dataset: FileDataset
    transfer_syntax: UID
    pixel_keyword: str
    pixel_vr: str
    pixel_offset: int
    pixel_length: int


def read_header(file: DicomFile, suffix: str) -> Header:
    """Read all that comes before the pixels.

    Raises
    ------
    ClipError
        If the file is not DICOM.
    """
    from pydicom.filereader import read_partial

    file.seek(128)
    marked = file.read(4) == b"DICM"
    if not marked and suffix.lower() != ".dcm":
        raise ClipError(
            "the file is not DICOM: its bytes 129 to 132 are not 'DICM'",
            advice="export it again, or name it .dcm if it is DICOM without a file header",
        )
    file.seek(0)
    dataset = read_partial(file, _at_pixels(), defer_size=_LARGEST_VALUE, force=True)
    keyword, vr, length = _pixel_element(file, dataset)
    if not marked and "SOPClassUID" not in dataset and not keyword:
        raise ClipError(
            "the file is not DICOM; expected the content its name promises",
            advice="export it again",
        )
    return Header(dataset, _transfer_syntax(dataset), keyword, vr, file.tell(), length)


def _at_pixels() -> Callable[[int, str | None, int], bool]:
    """Return what tells pydicom to stop: at the pixels, or when it has read for too long.

    Zeros are empty elements to pydicom, eight bytes each, so that padding would take minutes.
    """
    seen = 0

    def stop(tag: int, vr: str | None, length: int) -> bool:
        nonlocal seen
        seen += 1
        if seen > MOST_ELEMENTS:
            raise ClipError(
                f"the file has a DICOM header of more than {MOST_ELEMENTS} elements; expected "
                "some hundred",
                advice="export or copy it again",
            )
        return tag >> 16 == _PIXEL_GROUP and tag & 0xFFFF in _PIXEL_KEYWORDS

    return stop


def number(dataset: Any, keyword: str, default: int | None = None) -> int:
    """Return an element's value as a whole number.

    Raises
    ------
    NotANumberError
        If it is not one, or is missing and there is no default.
    """
    value = dataset.get(keyword)
    if (value is None or value == "") and default is not None:
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise NotANumberError(keyword) from None


def text(dataset: Any, keyword: str) -> str:
    """Return an element's value as stripped text; empty where it is missing."""
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip(" \0")


def _pixel_element(file: DicomFile, dataset: Any) -> tuple[str, str, int]:
    """Read keyword, VR and length of the pixel element that the file is positioned at."""
    implicit, little = dataset.original_encoding
    order = "<" if little else ">"
    head = file.read(8)
    if len(head) < 8:
        return "", "", 0
    group, element = struct.unpack_from(f"{order}HH", head)
    if group != _PIXEL_GROUP or element not in _PIXEL_KEYWORDS:
        return "", "", 0
    # some writers change to implicit VR for the pixels alone
    if implicit or head[4:6] not in _PIXEL_VRS:
        return _PIXEL_KEYWORDS[element], "", struct.unpack_from(f"{order}L", head, 4)[0]
    (length,) = struct.unpack(f"{order}L", file.read(4))
    return _PIXEL_KEYWORDS[element], head[4:6].decode("ascii", "replace"), length


def _transfer_syntax(dataset: Any) -> UID:
    """Return the transfer syntax: as the file says, else as its header is written."""
    from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    told = dataset.file_meta.get("TransferSyntaxUID")
    if told:
        return UID(told)
    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


@contextmanager
def broken_becomes_sentence() -> Iterator[None]:
    """Turn every exception of reading a DICOM file into a ClipError.

    Any byte of a header may be wrong, and pydicom, which converts each element when it is first
    looked at, answers with a dozen kinds of exception. Their messages may quote the header, so
    only their kind is passed on.

    Raises
    ------
    ClipError
        Instead of any other exception.
    """
    hush("pydicom")
    hush(r"lusscore\.clips\.dicom")  # where pydicom blames its caller
    try:
        yield
    except ClipError:
        raise
    except NotANumberError as error:
        raise ClipError(
            f"the file is DICOM without a whole number as {error.keyword}; expected a complete, "
            "valid file",
            advice="export or copy it again",
        ) from None
    except MemoryError:
        raise ClipError(
            "the clip needs more memory than there is",
            advice="close other programs or leave it out",
        ) from None
    except Exception as error:
        raise ClipError(
            f"the file is DICOM that cannot be read ({type(error).__name__}); expected a "
            "complete, valid file",
            advice="export or copy it again",
        ) from None

"""A DICOM file, bounded and inflated, and its header up to where its pixels begin."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from lusscore.clips.reader import (
    MOST_ELEMENTS,
    MOST_INFLATED,
    damaged,
    ignore_warnings,
    too_little_memory,
    unreadable,
)
from lusscore.errors import ClipError

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset
    from pydicom.uid import UID

UNDEFINED_LENGTH = 0xFFFFFFFF
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_INFLATED = b"1.2.840.10008.1.2.1\0\0\0"
_META_START = 132
_LONG_VRS = (b"OB", b"OW", b"SQ", b"UN", b"UT", b"OF", b"OD", b"OL", b"UC", b"UR")
_PIXEL_GROUP = 0x7FE0
_PIXEL_VRS = (b"OB", b"OW", b"UN", b"OF", b"OD")
_PIXEL_KEYWORDS = {8: "FloatPixelData", 9: "DoubleFloatPixelData", 16: "PixelData"}
# Values beyond this are pixels or a mistake; all that is used here is smaller.
_LARGEST_VALUE = 1 << 22


class NotANumberError(ValueError):
    """An element that must be a whole number is none; its text is the element's keyword."""


@dataclass(frozen=True)
class Header:
    """What comes before the pixels, and where they begin."""

    dataset: FileDataset
    transfer_syntax: UID
    pixel_keyword: str  # "PixelData" or its floating-point relatives; empty without pixels
    pixel_vr: str  # "OB", "OW", or empty where it is implicit
    pixel_offset: int  # byte at which the value of the pixel element begins
    pixel_length: int  # bytes that it claims; UNDEFINED_LENGTH for encapsulated pixels


class BoundedFile(io.BufferedReader):
    """A file that never makes room for more bytes than it holds, whatever length is asked for.

    A length field of four billion in a small file would otherwise take four billion bytes.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most `size` bytes."""
        left = max(0, size_of(self) - self.tell())
        return super().read(left if size is None or size < 0 else min(size, left))


DicomFile: TypeAlias = BoundedFile | io.BytesIO


@contextmanager
def open_dicom(path: Path) -> Iterator[tuple[DicomFile, Header]]:
    """Open a DICOM file and read its header; a deflated file is inflated in memory.

    Within the block, too, every exception becomes a ClipError: any byte of a header may be wrong,
    and pydicom, which converts each element when it is first looked at, answers with a dozen kinds
    of exception. Their messages may quote the header, so only their kind is passed on.
    """
    ignore_warnings("pydicom")
    ignore_warnings(r"lusscore\.clips\.dicom")  # where pydicom blames its caller
    try:
        with _open(path) as file:
            yield file, _read_header(file, path.suffix)
    except ClipError:
        raise
    except NotANumberError as error:
        raise damaged(
            f"the file is DICOM without a whole number as {error}; expected a complete, valid file"
        ) from None
    except MemoryError:
        raise too_little_memory() from None
    except Exception as error:
        raise damaged(
            f"the file is DICOM that cannot be read ({type(error).__name__}); expected a "
            "complete, valid file"
        ) from None


def has_magic(path: Path) -> bool:
    """Tell whether bytes 129 to 132 of a file are ``DICM``; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_META_START)[128:] == b"DICM"
    except (OSError, ValueError):
        return False


def size_of(file: DicomFile) -> int:
    """Return the number of bytes, leaving the position as it is."""
    here = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(here)
    return size


def number(dataset: Any, keyword: str, default: int | None = None) -> int:
    """Return an element's value as a whole number, or raise NotANumberError."""
    try:
        value = dataset.get(keyword)
        if (value is None or value == "") and default is not None:
            return default
        return int(value)
    except (TypeError, ValueError):
        raise NotANumberError(keyword) from None


def text(dataset: Any, keyword: str) -> str:
    """Return an element's value as stripped text; empty where it is missing."""
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip(" \0")


def decimals(dataset: Any, keyword: str) -> list[float]:
    """Return the numbers of an optional element; none if it is missing or one is no number.

    Some writers put a comma before decimals.
    """
    item = dataset.get_item(keyword) if keyword in dataset else None
    value = "" if item is None or item.value is None else item.value
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    several = [value] if isinstance(value, (str, int, float)) else value
    parts = "\\".join(map(str, several)).strip(" \0").split("\\")
    try:
        numbers = [float(part.replace(",", ".")) for part in parts if part.strip()]
    except ValueError:
        return []
    return numbers if all(map(math.isfinite, numbers)) else []


def _open(path: Path) -> DicomFile:
    try:
        file = BoundedFile(path)
        head = file.read(1 << 14)
        end = _meta_end(head)
        if _DEFLATED not in head[:end]:
            file.seek(0)
            return file
        with file:
            file.seek(end)
            inflated = io.BytesIO(head[:end].replace(_DEFLATED, _INFLATED))
            inflated.seek(0, io.SEEK_END)
            _inflate(file, inflated)
            inflated.seek(0)
            return inflated
    except OSError as error:
        raise unreadable(error) from None


def _meta_end(head: bytes) -> int:
    """Return where the file meta information ends: the first element that is not of group 2."""
    if head[128:_META_START] != b"DICM":
        return 0
    at = _META_START
    while head[at : at + 2] == b"\2\0":
        long = head[at + 4 : at + 6] in _LONG_VRS
        start, width = (at + 8, 4) if long else (at + 6, 2)
        at = start + width + int.from_bytes(head[start : start + width], "little")
    return at


def _inflate(file: io.BufferedReader, into: io.BytesIO) -> None:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    written = 0
    try:
        while not stream.eof and (block := stream.unconsumed_tail or file.read(1 << 16)):
            written += into.write(stream.decompress(block, 1 << 20))
            if written > MOST_INFLATED:
                raise ClipError(
                    f"the file inflates to more than {MOST_INFLATED} bytes",
                    advice="save it with another transfer syntax, or export it again if it is not "
                    "that large",
                )
    except zlib.error:
        raise damaged("the file is deflated DICOM that cannot be inflated") from None
    if not stream.eof:
        raise damaged("the file is truncated within its deflated part")


def _read_header(file: DicomFile, suffix: str) -> Header:
    """Read all that comes before the pixels."""
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
            raise damaged(
                f"the file has a DICOM header of more than {MOST_ELEMENTS} elements; expected "
                "some hundred"
            )
        return tag >> 16 == _PIXEL_GROUP and tag & 0xFFFF in _PIXEL_KEYWORDS

    return stop


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
    return _PIXEL_KEYWORDS[element], head[4:6].decode("ascii"), length


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

"""A DICOM file as bytes: bounded, and inflated where it is deflated."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import TypeAlias

from lusscore.clips.limits import MOST_INFLATED
from lusscore.errors import ClipError

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_INFLATED = b"1.2.840.10008.1.2.1\0\0\0"
_META_START = 132
_LONG_VRS = (b"OB", b"OW", b"SQ", b"UN", b"UT", b"OF", b"OD", b"OL", b"UC", b"UR")


class BoundedFile(io.BufferedReader):
    """A file that never makes room for more bytes than it holds, whatever length is asked for.

    A length field of four billion in a small file would otherwise take four billion bytes.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most `size` bytes."""
        here = self.tell()
        left = max(0, self.seek(0, io.SEEK_END) - here)
        self.seek(here)
        return super().read(left if size is None or size < 0 else min(size, left))


DicomFile: TypeAlias = "BoundedFile | io.BytesIO"


def open_dicom(path: Path) -> DicomFile:
    """Open a DICOM file for reading; a deflated one is inflated in memory.

    Raises
    ------
    ClipError
        If the file cannot be opened, or holds too much or nothing that can be inflated.
    """
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
        raise ClipError(
            f"the clip cannot be read ({error.strerror or 'unknown reason'})",
            advice="check that it is there and may be read",
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
        while (block := file.read(1 << 16)) and not stream.eof:
            while block and not stream.eof:
                written += into.write(stream.decompress(block, 1 << 20))
                if written > MOST_INFLATED:
                    raise ClipError(
                        f"the file inflates to more than {MOST_INFLATED} bytes",
                        advice=(
                            "save it with another transfer syntax, or export it again if it is "
                            "not that large"
                        ),
                    )
                block = stream.unconsumed_tail
    except zlib.error:
        raise ClipError(
            "the file is deflated DICOM that cannot be inflated", advice="export or copy it again"
        ) from None
    if not stream.eof:
        raise ClipError(
            "the file breaks off in its deflated part", advice="export or copy it again"
        )

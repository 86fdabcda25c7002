"""A damaged HDF5 file as it would be with a sound head and without its cut."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from lusscore.features.file.attributes import check_text_heap
from lusscore.features.file.feature_file import HDF5_ERRORS, check_datasets

_HEAD = 96  # bytes of a superblock of version 0, with the entry of the root group
_END = slice(40, 48)  # where it keeps the end of the file
_BEYOND = 1 << 60


@contextmanager
def open_damaged(path: Path) -> Iterator[h5py.File | None]:
    """Open a damaged feature file for reading, if its tables can be read in any way.

    HDF5 refuses a file that is shorter than its head tells, and one whose head is wrong. So it is
    given the file with its head mended, as if zeros went on where the file was cut. The file
    is not touched, and no copy of it is made.

    Yields
    ------
    h5py.File or None
        Its datasets are those of a feature file and, but for embeddings, lie within the file.
    """
    with path.open("rb") as raw:
        own = raw.read(_HEAD).ljust(_HEAD, b"\0")
        for head in (own, _sound_head()):
            file = _try(raw, path, head)
            if file is not None:
                with file:
                    yield file
                return
    yield None


def _try(raw: io.BufferedReader, path: Path, head: bytes) -> h5py.File | None:
    """Open the file with another head, None if its tables cannot be read so."""
    file = None
    try:
        check_text_heap(path)
        file = h5py.File(_MendedHead(raw, head), "r")
        check_datasets(file, path.stat().st_size, cut=True)
    except HDF5_ERRORS:
        if file is not None:
            file.close()
        return None
    return file


def _sound_head() -> bytes:
    """Return the head of every feature file: it tells nothing but where the root group is."""
    with h5py.File("head", "w", driver="core", backing_store=False, libver="earliest") as file:
        file.attrs["schema"] = 0
        file.flush()
        image: bytes = file.id.get_file_image()
    return image[:_HEAD]


class _MendedHead(io.RawIOBase):
    """A file with another head, and with zeros after its end."""

    def __init__(self, raw: io.BufferedReader, head: bytes) -> None:
        self._raw = raw
        self._head = bytearray(head)
        self._head[_END] = _BEYOND.to_bytes(8, "little")
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: _BEYOND}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        self._raw.seek(self._at)
        read = self._raw.readinto(view)
        view[read:] = bytes(len(view) - read)
        mended = self._head[self._at : self._at + len(view)]
        view[: len(mended)] = mended
        self._at += len(view)
        return len(view)

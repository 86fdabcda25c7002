"""Reading the root attributes of a feature file of which any bit may be wrong."""

from __future__ import annotations

from pathlib import Path

import h5py

# a command line or a fingerprint's parts need some hundred bytes
_MOST_BYTES = 1 << 16
# texts of attributes are among the first things written to a file
_HEAP_WITHIN = 1 << 20
_HEAP_SIGNATURE = b"GCOL\x01"
_HEAP_HEAD = 16


def read_attributes(file: h5py.File) -> dict[str, str]:
    """Return the root attributes as text.

    Raises
    ------
    ValueError
        If one is neither a text nor a whole number.
    """
    return {name: read_attribute(file, name) for name in file.attrs}


def read_attribute(file: h5py.File, name: str) -> str:
    """Return one root attribute as text.

    Raises
    ------
    KeyError
        If there is none of this name.
    ValueError
        If it is neither a text nor a whole number.
    """
    found = file.attrs.get_id(name)
    # Looked at before it is read: of another type, HDF5 crashes; of another shape, it may ask
    # for more memory than there is.
    kind = found.get_type()
    fits = isinstance(kind, (h5py.h5t.TypeStringID, h5py.h5t.TypeIntegerID))
    if not fits or found.shape != () or found.get_storage_size() > _MOST_BYTES:
        raise ValueError(f"its attribute {name!r} is neither a text nor a whole number")
    value = file.attrs[name]
    return value.decode() if isinstance(value, bytes) else str(value)


def check_text_heap(path: Path) -> None:
    """Walk through the heaps in which HDF5 keeps texts of attributes.

    HDF5 1.14 goes round in circles for ever where a size in them is wrong.

    Raises
    ------
    ValueError
        If one is damaged.
    """
    with path.open("rb") as file:
        head = file.read(_HEAP_WITHIN)
    at = head.find(_HEAP_SIGNATURE)
    while at >= 0:
        _walk_heap(head, at)
        at = head.find(_HEAP_SIGNATURE, at + 1)


def _walk_heap(head: bytes, start: int) -> None:
    """Check that the objects of a heap fill it; see "Global Heap" in HDF5's format."""
    size = int.from_bytes(head[start + 8 : start + 16], "little")
    end = start + size
    at = start + _HEAP_HEAD
    if size < _HEAP_HEAD or end > len(head):
        raise ValueError("the heap of its texts is damaged")
    while end - at >= _HEAP_HEAD:
        number = int.from_bytes(head[at : at + 2], "little")
        length = int.from_bytes(head[at + 8 : at + 16], "little")
        # object 0 is what is free, its own head included
        step = length if number == 0 else _HEAP_HEAD + -(-length // 8) * 8
        if step < _HEAP_HEAD or at + step > end:
            raise ValueError("the heap of its texts is damaged")
        at += step

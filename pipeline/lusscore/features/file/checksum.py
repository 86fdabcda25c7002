"""Checksums of a feature file: one for what is fixed when it is made, one for each clip."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from lusscore.features.file.attributes import read_attribute, read_attributes

HEADER_ATTRIBUTE = "header_sha256"
WRITTEN_DATASETS = ("embeddings", "frames/time", "clips/checksum", "clips/error", "clips/done")
_FIXED_TABLES = ("clips/path", "clips/digest", "frames/clip", "frames/index")


class ClipChecksum:
    """The SHA-256 of everything that a feature file holds of one clip, taken as rows arrive.

    It covers path, media digest, frame numbers, embeddings and times, in this order.

    Parameters
    ----------
    path
        As the manifest writes it.
    digest
        SHA-256 of the media bytes.
    frames
        Frame numbers, int32, shape (selected,).
    """

    def __init__(self, path: str, digest: str, frames: NDArray[np.int32]) -> None:
        self._hash = hashlib.sha256(f"{path}\0{digest}\0{len(frames)}\0".encode())
        self._hash.update(_plain_bytes(frames, np.int32))

    def update(self, embeddings: NDArray[np.floating[Any]]) -> None:
        """Take in the next rows, in the type in which they are stored."""
        self._hash.update(_plain_bytes(embeddings, embeddings.dtype))

    def finish(self, times: NDArray[np.floating[Any]]) -> bytes:
        """Take in all times of the clip in seconds and return 64 hexadecimal bytes."""
        self._hash.update(_plain_bytes(times, np.float32))
        return self._hash.hexdigest().encode()


def clip_checksum(
    path: str,
    digest: str,
    frames: NDArray[np.int32],
    embeddings: NDArray[np.floating[Any]],
    times: NDArray[np.floating[Any]],
) -> bytes:
    """Return the checksum of a whole clip; see :class:`ClipChecksum`."""
    checksum = ClipChecksum(path, digest, frames)
    checksum.update(embeddings)
    return checksum.finish(times)


def header_checksum(file: h5py.File) -> str:
    """Return the SHA-256 of what never changes in a feature file: attributes and fixed tables.

    It also covers where each dataset that is written later lies: a place that is damaged would
    have the next write spoil something else.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    embeddings = file["embeddings"]
    attributes = read_attributes(file)
    attributes.pop(HEADER_ATTRIBUTE, None)
    told: dict[str, Any] = {
        "attributes": attributes,
        "shape": list(embeddings.shape),
        "dtype": embeddings.dtype.name,
        "places": {name: _place(file[name]) for name in WRITTEN_DATASETS},
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name in _FIXED_TABLES:
        values = file[name][...]
        digest.update(f"{name}\0{len(values)}\0".encode())
        digest.update(_plain_bytes(values, values.dtype))
    return digest.hexdigest()


def header_fits(file: h5py.File) -> bool:
    """Tell whether what never changes in a feature file fits its checksum.

    Raises
    ------
    ValueError
        If an attribute is neither a text nor a whole number.
    """
    if HEADER_ATTRIBUTE not in file.attrs:
        return False
    return header_checksum(file) == read_attribute(file, HEADER_ATTRIBUTE)


def _place(dataset: h5py.Dataset) -> list[Any]:
    return [dataset.id.get_offset(), list(dataset.shape), dataset.dtype.str]


def _plain_bytes(values: NDArray[Any], dtype: Any) -> bytes:
    """Return the values as little-endian bytes, whatever the machine's own order."""
    little = np.dtype(dtype).newbyteorder("<")
    return np.ascontiguousarray(values, dtype=little).tobytes()

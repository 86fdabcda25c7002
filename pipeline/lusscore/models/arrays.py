"""``arrays.npz``: arrays of numbers as NumPy's own format, read without pickle."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lusscore.models.archive import ARRAYS, pack, refusal, unpack
from lusscore.records import quoted

Arrays = dict[str, NDArray[Any]]
_SUFFIX = ".npy"
_KINDS = "fiu"
_MOST_AXES = 4
# the header is text in Python's own notation, of which one form is read and nothing evaluated
_MAGIC = b"\x93NUMPY\x01\x00"
_START = len(_MAGIC) + 2
_HEADER = re.compile(
    rb"\{'descr': '(<[fiu][248]|\|[iu]1)', 'fortran_order': (True|False), "
    rb"'shape': \(((?:[0-9]{1,15}, ?)*(?:[0-9]{1,15})?)\), \} *\n"
)


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the file for `arrays`; the same bytes for the same arrays.

    Raises
    ------
    BundleError
        If one is of anything but numbers.
    """
    files = {}
    for name, array in arrays.items():
        if array.dtype.kind not in _KINDS:
            raise refusal(f"{ARRAYS}: {name} is of {array.dtype}; expected numbers")
        memory = io.BytesIO()
        npy.write_array(memory, array, version=(1, 0), allow_pickle=False)
        files[name + _SUFFIX] = memory.getvalue()
    return pack(files)


def unpack_arrays(data: bytes) -> Arrays:
    """Read the arrays, in the order of axes in memory in which they were written.

    Raises
    ------
    BundleError
        If the file is damaged or too large, or one is of anything but finite numbers.
    """
    files = unpack(data, ARRAYS)
    for name in files:
        if not name.endswith(_SUFFIX):
            raise refusal(f"{ARRAYS} holds {quoted(name)}, which is no array")
    return {name[: -len(_SUFFIX)]: _array(name, file) for name, file in files.items()}


def _array(name: str, data: bytes) -> NDArray[Any]:
    end = _START + int.from_bytes(data[len(_MAGIC) : _START], "little")
    header = _HEADER.fullmatch(data[_START:end])
    if not data.startswith(_MAGIC) or header is None:
        raise refusal(f"{ARRAYS}: {name} is no array of numbers as lusscore writes it")
    dtype = np.dtype(header[1].decode())
    shape = tuple(map(int, re.findall(rb"[0-9]+", header[3])))
    if len(shape) > _MOST_AXES:
        raise refusal(f"{ARRAYS}: {name} has {len(shape)} axes; expected at most {_MOST_AXES}")
    values = memoryview(data)[end:]
    # before anything is made by what the header claims
    if math.prod(shape) * dtype.itemsize != len(values):
        raise refusal(f"{ARRAYS}: {name} is cut off, or longer than its shape tells")
    flat: NDArray[Any] = np.frombuffer(values, dtype)
    array = flat.reshape(shape, order="F" if header[2] == b"True" else "C")
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise refusal(f"{ARRAYS}: {name} holds numbers that are not finite")
    return array.copy(order="K")

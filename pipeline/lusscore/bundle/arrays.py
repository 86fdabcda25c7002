"""``arrays.npz``: arrays of numbers as NumPy's own format, read without pickle."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lusscore.bundle.archive import pack, unpack
from lusscore.bundle.names import ARRAYS
from lusscore.bundle.refusal import Refusal, quoted

Arrays = dict[str, NDArray[Any]]
_SUFFIX = ".npy"
_KINDS = "fiu"
_MOST_AXES = 4
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the file for `arrays`; the same bytes for the same arrays.

    Raises
    ------
    Refusal
        If one is of anything but numbers.
    """
    files = {}
    for name, array in arrays.items():
        if array.dtype.kind not in _KINDS:
            raise Refusal(f"{ARRAYS}: {name} is of {array.dtype}; expected numbers")
        memory = io.BytesIO()
        npy.write_array(memory, array, version=(1, 0), allow_pickle=False)
        files[name + _SUFFIX] = memory.getvalue()
    return pack(files)


def unpack_arrays(data: bytes) -> Arrays:
    """Read the arrays, in the order of axes in memory in which they were written.

    Raises
    ------
    Refusal
        If the file is damaged or too large, or one is of anything but finite numbers.
    """
    files = unpack(data, ARRAYS)
    for name in files:
        if not name.endswith(_SUFFIX):
            raise Refusal(f"{ARRAYS} holds {quoted(name)}, which is no array")
    return {name[: -len(_SUFFIX)]: _array(name, file) for name, file in files.items()}


def _array(name: str, data: bytes) -> NDArray[Any]:
    file = io.BytesIO(data)
    try:
        shape, is_fortran, dtype = _HEADERS[npy.read_magic(file)](file)
    # SyntaxError and the like: a header that is no literal
    except (ValueError, KeyError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise Refusal(f"{ARRAYS}: {name} is no array as NumPy writes it") from None
    if dtype.kind not in _KINDS or dtype.hasobject or dtype.byteorder == ">":
        raise Refusal(f"{ARRAYS}: {name} is of {quoted(str(dtype))}; expected numbers")
    if len(shape) > _MOST_AXES or any(side < 0 for side in shape):
        raise Refusal(f"{ARRAYS}: {name} has the shape {quoted(str(shape))}; expected few axes")
    values = memoryview(data)[file.tell() :]
    # before anything is made by what the header claims
    count = 1
    for side in shape:
        count *= side
    if count * dtype.itemsize != len(values):
        raise Refusal(f"{ARRAYS}: {name} is cut off, or longer than its shape tells")
    array = np.frombuffer(values, dtype).reshape(shape, order="F" if is_fortran else "C")
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise Refusal(f"{ARRAYS}: {name} holds numbers that are not finite")
    return array.copy(order="K")

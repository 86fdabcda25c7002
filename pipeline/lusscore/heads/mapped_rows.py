"""Embeddings that stay on the disk until a variant of some frames is asked for."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_ONCE = 4096


class MappedRows:
    """Rows of arrays that are mapped into memory, side by side, as one array would be.

    Only what is gathered takes memory; ``numpy.asarray`` gathers all. Arrays are float16 or
    float32, of shape (any, 1 + variants, any) with the same number of variants; `rows`, int64,
    shape (frames,), says for each which rows are meant.
    """

    ndim = 3

    def __init__(self, arrays: Sequence[NDArray[Any]], rows: Sequence[NDArray[np.int64]]) -> None:
        self._arrays, self._rows = tuple(arrays), tuple(rows)
        self.dtype = np.result_type(*self._arrays)
        width = sum(array.shape[-1] for array in self._arrays)
        self.shape = (len(self._rows[0]), self._arrays[0].shape[1], width)

    def __len__(self) -> int:
        return self.shape[0]

    def variant(self, number: int, frames: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """Gather one variant of some frames, or of all: shape (frames, width)."""
        chosen = np.arange(len(self)) if frames is None else frames
        gathered = np.empty((len(chosen), self.shape[-1]), self.dtype)
        start = 0
        for array, rows in zip(self._arrays, self._rows, strict=True):
            columns = slice(start, start + array.shape[-1])
            gather_rows(array[:, number], rows[chosen], gathered[:, columns])
            start = columns.stop
        return gathered

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.stack([self.variant(number) for number in range(self.shape[1])], axis=1)
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return np.asarray, (np.asarray(self),)  # another process has no such map


def gather_rows(
    array: NDArray[Any], rows: NDArray[np.int64], out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Copy some rows of an array, and let go of the pages that it was mapped with."""
    if out is None:
        out = np.empty((len(rows), *array.shape[1:]), array.dtype)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        out[part] = array[rows[part]]
        _release(array)
    return out


def _release(array: NDArray[Any]) -> None:
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)

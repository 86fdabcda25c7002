"""The feature file while stage one writes it: one writer, clip by clip."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from lusscore.features.file.checksum import WRITTEN_DATASETS, ClipChecksum
from lusscore.features.file.feature_file import check_header, open_feature_file, read_clip_table
from lusscore.features.file.layout import ERROR_BYTES, fit_text


@dataclass
class _Growing:
    """A clip of which some rows are written."""

    next_row: int
    checksum: ClipChecksum
    times: list[NDArray[np.float32]] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """Where a contiguous dataset lies in its file."""

    offset: int
    dtype: np.dtype[Any]
    row_bytes: int


class FeatureStore:
    """A feature file open for writing.

    A clip counts as done only after its rows and their checksum have been flushed to disk.

    HDF5 tells where in the file each dataset lies, and is closed again before anything is
    written: values go to their places by plain writes. So a disk that refuses a write leaves no
    half-open HDF5 file behind, which would bring the process down later.

    Parameters
    ----------
    path
        A file made by :func:`lusscore.features.file.layout.create_layout`.

    Raises
    ------
    FeatureFileError
        If it is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with open_feature_file(path) as file:
            check_header(file)  # a place that is damaged would have writes spoil something else
            self._table = read_clip_table(file)
            self._frames: NDArray[np.int32] = file["frames/index"][...]
            self._places = {name: _place(file[name]) for name in WRITTEN_DATASETS}
        self._done = self._table.done.copy()
        self._growing: dict[int, _Growing] = {}
        # unbuffered: what a write returns from is with the operating system
        self._file = path.open("r+b", buffering=0)

    def __enter__(self) -> FeatureStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type in which embeddings are stored."""
        return self._places["embeddings"].dtype

    def todo(self) -> list[int]:
        """Rows of ``/clips`` that are not done yet, in order."""
        return [int(row) for row in np.flatnonzero(~self._done)]

    def clips(self) -> dict[str, int]:
        """Rows of ``/clips`` by path."""
        return {path: row for row, path in enumerate(self._table.paths)}

    def frames(self, clip: int) -> NDArray[np.int32]:
        """Frame numbers held of a clip: int32, shape (selected,)."""
        return self._frames[self._table.rows(clip)]

    def write(
        self, clip: int, embeddings: NDArray[np.floating[Any]], times: NDArray[np.floating[Any]]
    ) -> None:
        """Write all rows of one clip and mark it done; see :meth:`append`."""
        self.append(clip, embeddings, times)
        self.commit([clip])

    def append(
        self, clip: int, embeddings: NDArray[np.floating[Any]], times: NDArray[np.floating[Any]]
    ) -> None:
        """Write the next rows of a clip, which stay without meaning until it is committed.

        Parameters
        ----------
        clip
            Row of ``/clips``.
        embeddings
            float, shape (rows, variants, dim).
        times
            Seconds, shape (rows,).
        """
        growing = self._growing.get(clip)
        if growing is None:
            name, digest = self._table.paths[clip], self._table.digests[clip]
            checksum = ClipChecksum(name, digest, self.frames(clip))
            growing = self._growing[clip] = _Growing(self._table.rows(clip).start, checksum)
        stored = embeddings.astype(self.dtype, copy=False)
        rows = slice(growing.next_row, growing.next_row + len(stored))
        if rows.stop > self._table.rows(clip).stop:
            raise ValueError(f"clip {self._table.paths[clip]!r} has no room for {len(stored)} rows")
        self._write("embeddings", rows.start, stored)
        self._write("frames/time", rows.start, times)
        growing.checksum.update(stored)
        growing.times.append(np.asarray(times, np.float32))
        growing.next_row = rows.stop

    def commit(self, clips: Sequence[int]) -> None:
        """Mark clips done, all of whose rows were appended.

        Rows and checksums are on the disk before the first mark is written. Several clips at
        once cost no more waiting for the disk than one.
        """
        for clip in clips:
            growing = self._growing.pop(clip)
            if growing.next_row != self._table.rows(clip).stop:
                raise ValueError(f"clip {self._table.paths[clip]!r} lacks rows")
            checksum = growing.checksum.finish(np.concatenate(growing.times))
            self._write("clips/checksum", clip, checksum)
            self._write("clips/error", clip, b"")
        os.fsync(self._file.fileno())
        for clip in clips:
            self._write("clips/done", clip, 1)
            self._done[clip] = True
        os.fsync(self._file.fileno())

    def fail(self, clip: int, error: str) -> None:
        """Record why a clip has no embeddings, and forget rows appended of it."""
        self._growing.pop(clip, None)
        self._write("clips/error", clip, fit_text(error, ERROR_BYTES))

    def revoke(self, clips: Sequence[int], why: str = "") -> None:
        """Take back that clips are done, so that they are computed again; `why` is recorded."""
        for clip in clips:
            self._write("clips/error", clip, fit_text(why, ERROR_BYTES))
            self._write("clips/done", clip, 0)
            self._write("clips/checksum", clip, b"")
            self._done[clip] = False
        os.fsync(self._file.fileno())

    def _write(self, name: str, row: int, values: Any) -> None:
        """Write consecutive rows of a dataset, or the one value of a row."""
        place = self._places[name]
        data = memoryview(np.ascontiguousarray(values, place.dtype).tobytes())
        self._file.seek(place.offset + row * place.row_bytes)
        while data:
            data = data[self._file.write(data) :]


def _place(dataset: h5py.Dataset) -> _Place:
    # an empty dataset has no place, and nothing is ever written there
    offset = dataset.id.get_offset() or 0
    row_bytes = int(np.prod(dataset.shape[1:], dtype=np.int64)) * dataset.dtype.itemsize
    # h5py marks text types by metadata, which plain bytes do without
    return _Place(offset, np.dtype(dataset.dtype.str), row_bytes)

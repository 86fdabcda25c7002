"""The feature file while stage one writes it: one writer, clip by clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.features.checksum import ClipChecksum
from lusscore.features.feature_file import open_feature_file, read_clip_table
from lusscore.features.layout import ERROR_BYTES, fit_text, sync


@dataclass
class _Growing:
    """A clip of which some rows are written."""

    next_row: int
    checksum: ClipChecksum
    times: list[NDArray[np.float32]] = field(default_factory=list)


class FeatureStore:
    """A feature file open for writing.

    A clip counts as done only after its rows and their checksum have been flushed to disk.

    Parameters
    ----------
    path
        A file made by :func:`lusscore.features.layout.create_layout`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open_feature_file(path, "r+")
        self._embeddings = self._file["embeddings"]
        self._clips = self._file["clips"]
        self._table = read_clip_table(self._file)
        self._growing: dict[int, _Growing] = {}

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
        dtype: np.dtype[Any] = self._embeddings.dtype
        return dtype

    def todo(self) -> list[int]:
        """Rows of ``/clips`` that are not done yet, in order."""
        return [int(row) for row in np.flatnonzero(self._clips["done"][...] == 0)]

    def clips(self) -> dict[str, int]:
        """Rows of ``/clips`` by path."""
        return {path: row for row, path in enumerate(self._table.paths)}

    def frames(self, clip: int) -> NDArray[np.int32]:
        """Frame numbers held of a clip: int32, shape (selected,)."""
        numbers: NDArray[np.int32] = self._file["frames/index"][self._table.rows(clip)]
        return numbers

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
        self._embeddings[rows] = stored
        self._file["frames/time"][rows] = times
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
            self._clips["checksum"][clip] = growing.checksum.finish(np.concatenate(growing.times))
            self._clips["error"][clip] = b""
        self._flush()
        for clip in clips:
            self._clips["done"][clip] = 1
        self._flush()

    def fail(self, clip: int, error: str) -> None:
        """Record why a clip has no embeddings, and forget rows appended of it."""
        self._growing.pop(clip, None)
        self._clips["error"][clip] = fit_text(error, ERROR_BYTES)
        self._flush()

    def revoke(self, clips: Sequence[int]) -> None:
        """Take back that clips are done, so that they are computed again."""
        for clip in clips:
            self._clips["done"][clip] = 0
            self._clips["checksum"][clip] = b""
        self._flush()

    def _flush(self) -> None:
        self._file.flush()
        sync(self.path)

"""The feature file while stage one writes it: one writer, clip by clip."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from lusscore.errors import FeatureFileError
from lusscore.features.layout import ERROR_BYTES, PlannedClip, create_layout, fit_text, sync


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
        owners = self._file["frames/clip"][...]
        edges = np.searchsorted(owners, np.arange(len(self._clips["path"]) + 1))
        self._edges: list[int] = edges.tolist()

    def __enter__(self) -> FeatureStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def todo(self) -> list[int]:
        """Rows of ``/clips`` that are not done yet, in order."""
        return [int(row) for row in np.flatnonzero(self._clips["done"][...] == 0)]

    def clips(self) -> dict[str, int]:
        """Rows of ``/clips`` by path."""
        return {path.decode(): row for row, path in enumerate(self._clips["path"][...])}

    def frames(self, clip: int) -> NDArray[np.int32]:
        """Frame numbers held of a clip: int32, shape (selected,)."""
        numbers: NDArray[np.int32] = self._file["frames/index"][self._span(clip)]
        return numbers

    def write(
        self, clip: int, embeddings: NDArray[np.floating[Any]], times: NDArray[np.floating[Any]]
    ) -> None:
        """Write all rows of one clip and mark it done.

        Parameters
        ----------
        clip
            Row of ``/clips``.
        embeddings
            float, shape (selected, variants, dim).
        times
            Seconds, shape (selected,).
        """
        span = self._span(clip)
        stored = embeddings.astype(self._embeddings.dtype, copy=False)
        self._embeddings[span] = stored
        self._file["frames/time"][span] = times
        self._clips["checksum"][clip] = row_checksum(stored)
        self._clips["error"][clip] = b""
        self._flush()
        self._clips["done"][clip] = 1
        self._flush()

    def fail(self, clip: int, error: str) -> None:
        """Record why a clip has no embeddings."""
        self._clips["error"][clip] = fit_text(error, ERROR_BYTES)
        self._flush()

    def _span(self, clip: int) -> slice:
        return slice(self._edges[clip], self._edges[clip + 1])

    def _flush(self) -> None:
        self._file.flush()
        sync(self.path)


def row_checksum(embeddings: NDArray[np.floating[Any]]) -> bytes:
    """Return the SHA-256 of a clip's stored rows, as 64 hexadecimal bytes."""
    return hashlib.sha256(np.ascontiguousarray(embeddings).data).hexdigest().encode()


def open_feature_file(path: Path, mode: str = "r") -> h5py.File:
    """Open a feature file, or say why it is none.

    Raises
    ------
    FeatureFileError
        If it is missing, cut short or not a feature file.
    """
    if not path.exists():
        raise FeatureFileError(f"No feature file at {path}; make it with 'lusscore features'.")
    try:
        file = h5py.File(path, mode, locking=False)
    except OSError as error:
        raise FeatureFileError(
            f"{path} is damaged or no HDF5 file ({str(error).rstrip('.')}); delete it and run "
            "'lusscore features' again."
        ) from None
    names = ("embeddings", "frames/clip", "frames/index", "clips/path", "clips/done")
    if "fingerprint" not in file.attrs or any(name not in file for name in names):
        file.close()
        raise FeatureFileError(
            f"{path} is an HDF5 file but no feature file of lusscore; move it away and run "
            "'lusscore features'."
        )
    return file


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Be the one writer of a feature file.

    Raises
    ------
    FeatureFileError
        If another process is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(f"{path}.lock", timeout=0):
            yield
    except Timeout:
        raise FeatureFileError(
            f"{path} is being written by another lusscore process; wait until it has finished, "
            "or stop it and run this again: what it computed is kept."
        ) from None


def make_file(
    path: Path,
    clips: Sequence[PlannedClip],
    variants: int,
    dim: int,
    dtype: str,
    attrs: Mapping[str, Any],
) -> int:
    """Make a feature file for `clips`, keeping what an earlier one holds of the same media.

    The new file is made beside the old one and takes its place when it is whole. The caller
    holds `path`, and an earlier file there has the same fingerprint.

    Returns
    -------
    int
        Clips taken over from the earlier file.
    """
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    try:
        create_layout(beside, clips, variants, dim, dtype, dict(attrs))
        kept = _take_over(path, beside, clips) if path.exists() else 0
        beside.replace(path)
    # HDF5 tells of a full disk by any of these
    except (OSError, RuntimeError, ValueError) as error:
        beside.unlink(missing_ok=True)
        raise FeatureFileError(
            f"{path} cannot be made ({_reason(error)}); free space on the disk or "
            "choose another --features-dir. Nothing that was computed is lost."
        ) from None
    return kept


def _reason(error: Exception) -> str:
    """Return why a file could not be made, without HDF5's addresses and offsets."""
    if "No space left" in str(error):
        return "no space left on the disk"
    return str(getattr(error, "strerror", None) or error)


def _take_over(old: Path, new: Path, clips: Sequence[PlannedClip]) -> int:
    """Copy the rows of clips whose media bytes and frames are the same."""
    with open_feature_file(old) as source, FeatureStore(new) as target:
        digests = [digest.decode() for digest in source["clips/digest"][...]]
        done = source["clips/done"][...]
        rows = {digest: row for row, digest in enumerate(digests) if done[row] and digest}
        owners = source["frames/clip"][...]
        kept = 0
        for number, clip in enumerate(clips):
            row = rows.get(clip.digest)
            if row is None:
                continue
            start, stop = np.searchsorted(owners, [row, row + 1])
            if np.array_equal(source["frames/index"][start:stop], clip.frames):
                target.write(
                    number, source["embeddings"][start:stop], source["frames/time"][start:stop]
                )
                kept += 1
    return kept

"""What a feature file holds of each clip, read without trusting the file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import h5py
import numpy as np
from numpy.typing import NDArray

from lusscore.features.file.checksum import ClipChecksum
from lusscore.features.file.feature_file import texts

_BYTES_PER_BLOCK = 8 << 20


@dataclass(frozen=True)
class Held:
    """One clip as a feature file tells of it.

    Attributes
    ----------
    number
        Its row in ``/clips``.
    path, digest, checksum, error
        As the file tells.
    mark
        What stands in ``/clips/done``; 1 if the clip is done, 0 if not, and nothing else.
    rows
        Its rows in ``/frames`` and ``/embeddings``.
    """

    number: int
    path: str
    digest: str
    checksum: str
    error: str
    mark: int
    rows: slice

    @property
    def frames(self) -> int:
        """How many rows it has."""
        return int(self.rows.stop - self.rows.start)


def read_held(file: h5py.File) -> list[Held]:
    """List the clips of a feature file whose tables may be damaged.

    The caller has seen that every dataset of the tables is there and within the file.
    """
    # a writer sets it after checksum and error: read first, it is never ahead of them
    marks = file["clips/done"][...]
    paths, digests, checksums, errors = (
        texts(file[f"clips/{name}"][...]) for name in ("path", "digest", "checksum", "error")
    )
    rows = _longest_runs(file["frames/clip"][...])
    return [
        Held(
            number,
            paths[number],
            digests[number],
            checksums[number],
            errors[number],
            int(marks[number]),
            rows.get(number, slice(0, 0)),
        )
        for number in range(len(paths))
    ]


def row_blocks(file: h5py.File, rows: slice) -> Iterator[slice]:
    """Divide rows of ``/embeddings`` into blocks of a few megabytes."""
    step = max(1, _BYTES_PER_BLOCK // max(1, bytes_per_row(file)))
    for start in range(rows.start, rows.stop, step):
        yield slice(start, min(start + step, rows.stop))


def bytes_per_row(file: h5py.File) -> int:
    """Return how many bytes of ``/embeddings`` belong to one frame."""
    embeddings = file["embeddings"]
    # no NumPy: in a damaged file it may be more than fits into its integers
    return int(math.prod(embeddings.shape[1:]) * embeddings.dtype.itemsize)


def rows_fit(file: h5py.File, held: Held, told: Callable[[int], None] = lambda size: None) -> bool:
    """Read all of a clip's rows and tell whether they fit its checksum.

    Parameters
    ----------
    file
        The feature file.
    held
        The clip.
    told
        Called with the bytes of embeddings just read.
    """
    checksum = ClipChecksum(held.path, held.digest, file["frames/index"][held.rows])
    for block in row_blocks(file, held.rows):
        embeddings = file["embeddings"][block]
        checksum.update(embeddings)
        told(embeddings.nbytes)
    return checksum.finish(file["frames/time"][held.rows]).decode() == held.checksum


def _longest_runs(owners: NDArray[np.int32]) -> dict[int, slice]:
    """Return for each clip named in ``/frames/clip`` its longest run of rows."""
    edges = np.concatenate([[0], np.flatnonzero(np.diff(owners)) + 1, [len(owners)]])
    runs: dict[int, slice] = {}
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if stop > start:
            owner = int(owners[start])
            longest = runs.get(owner, slice(0, 0))
            if stop - start > longest.stop - longest.start:
                runs[owner] = slice(start, stop)
    return runs

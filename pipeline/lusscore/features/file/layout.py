"""The layout of a feature file (HDF5), schema 2; features/README.md tells it to readers.

All space is allocated when the file is made, and every string has a fixed length, so that later
writes touch raw data only: a process killed at any moment leaves a readable file.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from lusscore.features.file.checksum import HEADER_ATTRIBUTE, header_checksum
from lusscore.sector import Sector

SCHEMA = 2
ERROR_BYTES = 512
DIGEST_BYTES = 64
# attributes and HDF5's own tables
_HDF5_BYTES = 16_000


@dataclass(frozen=True)
class PlannedClip:
    """A clip and the frames of it that a feature file holds.

    Attributes
    ----------
    path
        As the manifest writes it.
    digest
        SHA-256 of the media bytes; empty if the clip cannot be read.
    frames
        int64, shape (selected,): frame numbers, increasing.
    error
        Why the clip cannot be read, else empty.
    stamp
        What :func:`lusscore.clips.stamp_clip` told when the digest was taken.
    sector
        Where the clip shows tissue; None where that was not looked for yet.
    """

    path: str
    digest: str
    frames: NDArray[np.int64]
    error: str = ""
    stamp: tuple[int, ...] = ()
    sector: Sector | None = None


def create_layout(
    path: Path,
    clips: Sequence[PlannedClip],
    variants: int,
    dim: int,
    dtype: str,
    attrs: dict[str, Any],
) -> None:
    """Make a feature file with all its space allocated and nothing computed.

    Parameters
    ----------
    path
        Where; must not exist.
    clips
        What it will hold, in order.
    variants
        Images per frame, the clean one included.
    dim
        Embedding size.
    dtype
        ``"float16"`` or ``"float32"``.
    attrs
        Attributes of the root.

    Raises
    ------
    OSError
        If the disk has no room.
    """
    rows = sum(len(clip.frames) for clip in clips)
    _reserve(path, file_bytes(clips, variants, dim, dtype))
    # HDF5's oldest format has no "open for writing" mark that a killed process would leave.
    with h5py.File(path, "x", libver="earliest", locking=False) as file:
        file.attrs["schema"] = SCHEMA
        for key, value in attrs.items():
            file.attrs[key] = value
        # its room is taken here: added later, it may lie behind the embeddings
        header = h5py.string_dtype("ascii", DIGEST_BYTES)
        file.attrs.create(HEADER_ATTRIBUTE, b"", dtype=header)
        clip_rows = np.repeat(np.arange(len(clips)), [len(clip.frames) for clip in clips])
        numbers = np.concatenate([np.empty(0, np.int64), *(clip.frames for clip in clips)])
        _allocate(file, "frames/clip", (rows,), np.dtype(np.int32))[...] = clip_rows
        _allocate(file, "frames/index", (rows,), np.dtype(np.int32))[...] = numbers
        _allocate(file, "frames/time", (rows,), np.dtype(np.float32))[...] = np.nan
        paths = [clip.path.encode() for clip in clips]
        longest = max(map(len, paths), default=1)
        for name, width, values in (
            ("path", longest, paths),
            ("digest", DIGEST_BYTES, [clip.digest.encode() for clip in clips]),
            ("checksum", DIGEST_BYTES, [b""] * len(clips)),
            ("error", ERROR_BYTES, [fit_text(clip.error, ERROR_BYTES) for clip in clips]),
        ):
            kind = h5py.string_dtype("utf-8", width)
            data = _allocate(file, f"clips/{name}", (len(clips),), kind)
            data[...] = np.array(values, dtype=f"S{width}").astype(kind)
        _allocate(file, "clips/done", (len(clips),), np.dtype(np.uint8))[...] = 0
        # Last, so that it lies at the end: a file that is cut short loses rows and no tables.
        _allocate(file, "embeddings", (rows, variants, dim), np.dtype(dtype))
        file.attrs.modify(HEADER_ATTRIBUTE, header_checksum(file).encode())
    sync(path)


def file_bytes(clips: Sequence[PlannedClip], variants: int, dim: int, dtype: str) -> int:
    """Return the size that :func:`create_layout` gives a file, in bytes, to about 1 %."""
    rows = sum(len(clip.frames) for clip in clips)
    longest = max((len(clip.path.encode()) for clip in clips), default=1)
    per_row = variants * dim * np.dtype(dtype).itemsize + 3 * 4
    per_clip = longest + 2 * DIGEST_BYTES + ERROR_BYTES + 1
    return rows * per_row + len(clips) * per_clip + _HDF5_BYTES


def _reserve(path: Path, size: int) -> None:
    """Raise OSError unless the disk has room for `size` bytes beside `path`.

    HDF5 itself must not find a disk full while it makes a file: it cannot close such a file, and
    brings the process down later.
    """
    ballast = path.with_name(f".{path.name}.room")
    try:
        with ballast.open("wb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            elif shutil.disk_usage(path.parent).free < size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        ballast.unlink(missing_ok=True)


def _allocate(
    file: h5py.File, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> h5py.Dataset:
    """Make a contiguous dataset whose space is taken and zeroed at once."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.CONTIGUOUS)
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plist.set_fill_time(h5py.h5d.FILL_TIME_ALLOC)
    plist.set_obj_track_times(False)
    group = file.require_group(name.rpartition("/")[0] or "/")
    kind = h5py.h5t.py_create(dtype, logical=True)
    leaf = name.rpartition("/")[2].encode()
    return h5py.Dataset(
        h5py.h5d.create(group.id, leaf, kind, h5py.h5s.create_simple(shape), dcpl=plist)
    )


def fit_text(text: str, width: int) -> bytes:
    """Encode text as UTF-8 in at most `width` bytes, cut between characters."""
    return text.encode()[:width].decode(errors="ignore").encode()


def sync(path: Path) -> None:
    """Wait until what was written to a file has reached the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

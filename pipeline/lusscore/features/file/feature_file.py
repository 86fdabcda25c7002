"""Opening a feature file, and its table of clips."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from lusscore.errors import DamagedFileError, FeatureFileError
from lusscore.features.file.attributes import check_text_heap, read_attribute, read_attributes
from lusscore.features.file.checksum import HEADER_ATTRIBUTE, header_fits
from lusscore.features.file.layout import SCHEMA

# Dataset → dimensions, and NumPy's letters for the types it may have.
_DATASETS = {
    "embeddings": (3, ("f2", "f4")),
    "frames/clip": (1, ("i4",)),
    "frames/index": (1, ("i4",)),
    "frames/time": (1, ("f4",)),
    "clips/path": (1, ("S",)),
    "clips/digest": (1, ("S",)),
    "clips/done": (1, ("u1",)),
    "clips/checksum": (1, ("S",)),
    "clips/error": (1, ("S",)),
}
HEADER_DAMAGE = "its attributes or its tables of clips and frames do not match their checksum"
# What h5py raises where a file is damaged: which of them depends on the bit.
HDF5_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class ClipTable:
    """What a feature file says of its clips.

    Attributes
    ----------
    paths, digests
        As in the manifest, and SHA-256 of the media bytes.
    checksums
        Of each clip's rows; empty where there are none.
    errors
        Why a clip has no embeddings; empty otherwise.
    done
        bool, shape (clips,).
    edges
        int64, shape (clips + 1,): clip c has the rows from ``edges[c]`` to before ``edges[c + 1]``.
    """

    paths: tuple[str, ...]
    digests: tuple[str, ...]
    checksums: tuple[str, ...]
    errors: tuple[str, ...]
    done: NDArray[np.bool_]
    edges: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Frames of each clip: int64, shape (clips,)."""
        return np.diff(self.edges)

    def rows(self, clip: int) -> slice:
        """Rows of a clip in ``/embeddings`` and ``/frames``."""
        return slice(int(self.edges[clip]), int(self.edges[clip + 1]))


def open_feature_file(path: Path, *, any_schema: bool = False) -> h5py.File:
    """Open a feature file for reading, or say why it is none.

    Attributes and datasets are looked at before anything is read: a damaged shape never makes
    anyone ask for more memory than the file has bytes.

    Parameters
    ----------
    path
        The file.
    any_schema
        Also open files of earlier schemas, of which only the attributes can be relied on.

    Raises
    ------
    DamagedFileError
        If it is cut short, or no HDF5 file with the datasets and attributes of its schema.
    FeatureFileError
        If it is missing, may not be opened, is no feature file, or of another schema.
    """
    if not path.exists():
        raise FeatureFileError(f"No feature file at {path}; make it with 'lusscore features'.")
    try:
        check_text_heap(path)
        file = h5py.File(path, "r", locking=False)
    except PermissionError:
        raise FeatureFileError(
            f"{path} may not be read by this user; change its permissions."
        ) from None
    except HDF5_ERRORS as error:
        raise DamagedFileError(path, _cut_short(path) or describe_hdf5_error(error)) from None
    try:
        if _is_foreign(file):
            raise FeatureFileError(
                f"{path} is an HDF5 file but no feature file of lusscore; move it away and run "
                "'lusscore features'."
            )
        schema = int(read_attribute(file, "schema"))
        read_parts(file)
        if schema == SCHEMA:
            check_datasets(file, path.stat().st_size)
        elif schema < SCHEMA and HEADER_ATTRIBUTE in file.attrs:
            raise ValueError(f"its attribute 'schema' is {schema}, expected {SCHEMA}")
        elif schema > SCHEMA or not any_schema:
            raise _other_schema(path, schema)
    except FeatureFileError:
        file.close()
        raise
    except HDF5_ERRORS as error:
        file.close()
        raise DamagedFileError(path, describe_hdf5_error(error)) from None
    return file


def read_parts(file: h5py.File) -> tuple[str, dict[str, Any]]:
    """Return the fingerprint of a feature file and the parts it is said to come from.

    Raises
    ------
    KeyError, ValueError
        If there are none.
    """
    fingerprint = read_attribute(file, "fingerprint")
    parts = json.loads(read_attribute(file, "fingerprint_parts"))
    if not isinstance(parts, dict):
        raise ValueError("attribute 'fingerprint_parts' lists no parts")
    return fingerprint, parts


def check_header(file: h5py.File) -> None:
    """See that what never changes in a feature file fits its checksum.

    Raises
    ------
    DamagedFileError
        If not.
    """
    path = Path(file.filename)
    try:
        fits = header_fits(file)
    except HDF5_ERRORS as error:
        raise DamagedFileError(path, describe_hdf5_error(error)) from None
    if not fits:
        raise DamagedFileError(path, HEADER_DAMAGE)


def read_clip_table(file: h5py.File) -> ClipTable:
    """Read the table of clips.

    Raises
    ------
    DamagedFileError
        If it makes no sense.
    """
    path = Path(file.filename)
    try:
        # a writer sets it after checksum and error: read first, it is never ahead of them
        done = file["clips/done"][...]
        paths, digests, checksums, errors = (
            texts(file[f"clips/{name}"][...]) for name in ("path", "digest", "checksum", "error")
        )
        owners = file["frames/clip"][...]
    except HDF5_ERRORS as error:
        raise DamagedFileError(path, describe_hdf5_error(error)) from None
    if np.any(done > 1):
        raise DamagedFileError(path, f"a clip has the done mark {done.max()}, expected 0 or 1")
    if not owners_make_sense(owners, len(paths)):
        raise DamagedFileError(path, "the clips of its frames are not in order")
    edges = np.searchsorted(owners, np.arange(len(paths) + 1)).astype(np.int64)
    return ClipTable(paths, digests, checksums, errors, done.astype(bool), edges)


def owners_make_sense(owners: NDArray[np.int32], clips: int) -> bool:
    """Tell whether ``/frames/clip``, int32, shape (frames,), names clips there are, in order."""
    if not len(owners):
        return True
    return bool(owners[0] >= 0 and owners[-1] < clips and np.all(owners[:-1] <= owners[1:]))


def attributes(file: h5py.File) -> dict[str, str]:
    """Return the root attributes as text.

    Raises
    ------
    DamagedFileError
        If they cannot be read.
    """
    try:
        return read_attributes(file)
    except HDF5_ERRORS as error:
        raise DamagedFileError(Path(file.filename), describe_hdf5_error(error)) from None


def texts(values: Sequence[bytes]) -> tuple[str, ...]:
    """Decode a dataset of texts; bytes that are no UTF-8 become a mark that no name has."""
    return tuple(value.decode(errors="replace") for value in values)


def describe_hdf5_error(error: Exception) -> str:
    """Return what HDF5 found wrong, as one clause."""
    text = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
    text = " ".join(text.split()).rstrip(".")
    if "signature not found" in text:
        return "it is no HDF5 file"
    if "(" in text and text.endswith(")"):
        text = text.partition("(")[2][:-1]
    return f"HDF5 cannot read it, {text}" if not isinstance(error, ValueError) else text


def check_datasets(file: h5py.File, size: int, *, cut: bool = False) -> None:
    """See that all datasets are there, of their type, and within the file.

    Parameters
    ----------
    file
        The feature file.
    size
        Its bytes.
    cut
        Accept that embeddings end beyond them.

    Raises
    ------
    ValueError
        If not.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (dimensions, types) in _DATASETS.items():
        end = None if cut and name == "embeddings" else size
        shapes[name] = _check_dataset(file, name, dimensions, types, end)
    for group, names in (
        ("frames", [name for name in _DATASETS if not name.startswith("clips/")]),
        ("clips", [name for name in _DATASETS if name.startswith("clips/")]),
    ):
        if len({shapes[name][0] for name in names}) != 1:
            raise ValueError(f"its datasets do not agree on the number of {group}")


def stored_end(path: Path) -> int | None:
    """Return how many bytes an HDF5 file should have, None where its head does not tell."""
    with path.open("rb") as file:
        head = file.read(48)
    if len(head) < 48 or head[:9] != b"\x89HDF\r\n\x1a\n\0" or head[13] != 8:
        return None
    return int.from_bytes(head[40:48], "little")


def _cut_short(path: Path) -> str:
    """Say that a file is cut short; empty if it is not."""
    try:
        size, expected = path.stat().st_size, stored_end(path)
    except OSError:
        return ""
    if size == 0:
        return "it is empty"
    if expected is None or size >= expected:
        return ""
    return f"it is cut short, {size} of {expected} bytes are there"


def _is_foreign(file: h5py.File) -> bool:
    """Tell whether nothing in an HDF5 file is a feature file's."""
    names = {name.partition("/")[0] for name in _DATASETS}
    return "fingerprint" not in file.attrs and not any(name in file for name in names)


def _check_dataset(
    file: h5py.File, name: str, dimensions: int, types: Sequence[str], end: int | None
) -> tuple[int, ...]:
    dataset = file.get(name)
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"it has no dataset /{name}")
    shape: tuple[int, ...] = dataset.shape
    dtype = dataset.dtype
    kinds = {dtype.kind, f"{dtype.kind}{dtype.itemsize}"}
    if len(shape) != dimensions or not kinds & set(types):
        raise ValueError(f"its dataset /{name} is of another shape or type")
    stored = math.prod(shape) * dtype.itemsize
    offset = dataset.id.get_offset()
    if not stored:
        return shape
    if offset is None or dataset.chunks is not None or (end is not None and offset + stored > end):
        raise ValueError(f"its dataset /{name} does not lie within the file")
    return shape


def _other_schema(path: Path, schema: int) -> FeatureFileError:
    age, mend = (
        ("a later", "install that version, or move the file away and run 'lusscore features'")
        if schema > SCHEMA
        else ("an earlier", "run 'lusscore features' to make it anew; the file is kept aside")
    )
    return FeatureFileError(
        f"{path} was written by {age} version of lusscore (schema {schema}, expected {SCHEMA}); "
        f"{mend}."
    )

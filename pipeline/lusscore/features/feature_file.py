"""Opening a feature file, and its table of clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from lusscore.errors import FeatureFileError
from lusscore.features.layout import SCHEMA

_NAMES = (
    "embeddings",
    "frames/clip",
    "frames/index",
    "frames/time",
    "clips/path",
    "clips/digest",
    "clips/done",
    "clips/checksum",
    "clips/error",
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


def open_feature_file(path: Path, mode: str = "r", *, any_schema: bool = False) -> h5py.File:
    """Open a feature file, or say why it is none.

    Parameters
    ----------
    path
        The file.
    mode
        ``"r"`` or ``"r+"``.
    any_schema
        Also open files of earlier schemas, of which only the attributes can be relied on.

    Raises
    ------
    FeatureFileError
        If it is missing, cut short, not a feature file or of another schema.
    """
    if not path.exists():
        raise FeatureFileError(f"No feature file at {path}; make it with 'lusscore features'.")
    try:
        file = h5py.File(path, mode, locking=False)
    except PermissionError:
        raise FeatureFileError(
            f"{path} may not be {'read' if mode == 'r' else 'written'} by this user; change its "
            "permissions."
        ) from None
    except (OSError, RuntimeError) as error:
        raise _damaged(path, error) from None
    try:
        schema = _schema(file)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        file.close()
        raise _damaged(path, error) from None
    if schema == SCHEMA or (schema is not None and any_schema and schema < SCHEMA):
        return file
    file.close()
    if schema is None:
        raise FeatureFileError(
            f"{path} is an HDF5 file but no feature file of lusscore; move it away and run "
            "'lusscore features'."
        )
    age, mend = (
        ("a later", "install that version, or move the file away and run 'lusscore features'")
        if schema > SCHEMA
        else ("an earlier", "run 'lusscore features' to make it anew; the file is kept aside")
    )
    raise FeatureFileError(
        f"{path} was written by {age} version of lusscore (schema {schema}, expected {SCHEMA}); "
        f"{mend}."
    )


def read_clip_table(file: h5py.File) -> ClipTable:
    """Read the table of clips.

    Raises
    ------
    FeatureFileError
        If it is damaged.
    """
    try:
        paths, digests, checksums, errors = (
            _texts(file[f"clips/{name}"][...]) for name in ("path", "digest", "checksum", "error")
        )
        done = file["clips/done"][...]
        owners = file["frames/clip"][...]
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise _damaged(Path(file.filename), error) from None
    if np.any(done > 1) or np.any(np.diff(owners) < 0):
        raise _damaged(Path(file.filename), ValueError("its table of clips makes no sense"))
    edges = np.searchsorted(owners, np.arange(len(paths) + 1)).astype(np.int64)
    return ClipTable(paths, digests, checksums, errors, done.astype(bool), edges)


def _schema(file: h5py.File) -> int | None:
    """Return the schema of a feature file, None if it is another kind of file."""
    if "fingerprint" not in file.attrs or "embeddings" not in file:
        return None
    schema = int(file.attrs["schema"])
    if schema == SCHEMA and any(name not in file for name in _NAMES):
        return None
    return schema


def _texts(values: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(value.decode(errors="replace") for value in values)


def _damaged(path: Path, error: Exception) -> FeatureFileError:
    return FeatureFileError(
        f"{path} is damaged or no HDF5 file ({str(error).rstrip('.')}); mend it with 'lusscore "
        f"verify {path.parent.name} --repair', which computes only what was lost."
    )


def attributes(file: h5py.File) -> dict[str, Any]:
    """Return the root attributes as text."""
    return {key: str(value) for key, value in file.attrs.items()}

"""The feature file as stage two reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.errors import DamagedFileError, FeatureFileError
from lusscore.features.file.checksum import HEADER_ATTRIBUTE, clip_checksum
from lusscore.features.file.feature_file import (
    HDF5_ERRORS,
    attributes,
    check_header,
    describe_hdf5_error,
    open_feature_file,
    read_clip_table,
    read_parts,
)
from lusscore.features.file.level_columns import level_columns
from lusscore.features.fingerprint import differences


@dataclass(frozen=True)
class Features:
    """The embeddings of a cohort by one backbone, in memory.

    Attributes
    ----------
    path
        The file.
    backbone
        Name of the backbone.
    parts
        Parts of the fingerprint.
    attrs
        The other attributes of the file: fingerprint, engine, weights digest, created, …
    embeddings
        float16 or float32, shape (frames, 1 + variants, dim); variant 0 is the clean frame.
    clip
        int32, shape (frames,): index into `paths`.
    frame
        int32, shape (frames,): frame number in its clip.
    time
        float32, shape (frames,): seconds from the clip's start, NaN where it has no clock.
    paths, digests
        Per clip, as in the manifest, and the SHA-256 of its media bytes.
    done
        bool, shape (clips,): whether the clip's rows hold embeddings.
    errors
        Per clip, why it has none; empty otherwise.
    levels
        Per level, such as ``"16.top"``, float16 or float32, shape (frames, 1 + variants, size of
        the level). A view of the memory that holds `embeddings` too.
    """

    path: Path
    backbone: str
    parts: Mapping[str, Any]
    attrs: Mapping[str, str]
    embeddings: NDArray[np.floating[Any]]
    clip: NDArray[np.int32]
    frame: NDArray[np.int32]
    time: NDArray[np.float32]
    paths: tuple[str, ...]
    digests: tuple[str, ...]
    done: NDArray[np.bool_]
    errors: tuple[str, ...]
    levels: Mapping[str, NDArray[np.floating[Any]]] = field(default_factory=dict)


def read_features(path: Path, needed: Mapping[str, Any] | None = None) -> Features:
    """Read a feature file into memory and check every clip against its checksum.

    Parameters
    ----------
    path
        The file.
    needed
        Parts of the fingerprint that must hold; None accepts any.

    Raises
    ------
    FeatureFileError
        If the file is missing, damaged (:class:`~lusscore.errors.DamagedFileError`) or of
        another fingerprint; the message names the part that differs and the command that mends
        it.
    """
    with open_feature_file(path) as file:
        attrs = attributes(file)
        del attrs["fingerprint_parts"]
        _, parts = read_parts(file)
        wrong = differences(parts, needed or {})
        if wrong:
            raise FeatureFileError(
                f"{path} was made with other settings: {'; '.join(wrong)}. Run 'lusscore "
                f"features {path.parent.name} --backbone {path.stem}' to make what is needed; "
                "the file is kept aside."
            )
        check_header(file)
        attrs.pop(HEADER_ATTRIBUTE, None)
        table = read_clip_table(file)
        try:
            stored = file["embeddings"][...]
            clip, frame = file["frames/clip"][...], file["frames/index"][...]
            time = file["frames/time"][...]
        except HDF5_ERRORS as error:
            raise DamagedFileError(path, describe_hdf5_error(error)) from None
    for row in np.flatnonzero(table.done).tolist():
        held = table.rows(row)
        name, digest = table.paths[row], table.digests[row]
        found = clip_checksum(name, digest, frame[held], stored[held], time[held])
        if found.decode() != table.checksums[row]:
            raise DamagedFileError(path, f"clip {name!r} does not match its checksum")
    sizes = parts.get("levels", {})
    columns = level_columns(sizes, stored.shape[-1])
    return Features(
        path=path,
        backbone=attrs["backbone"],
        parts=parts,
        attrs=attrs,
        embeddings=stored[..., : stored.shape[-1] - sum(sizes.values())],
        clip=clip,
        frame=frame,
        time=time,
        paths=table.paths,
        digests=table.digests,
        done=table.done,
        errors=table.errors,
        levels={name: stored[..., place] for name, place in columns.items()},
    )

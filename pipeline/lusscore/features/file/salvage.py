"""Saving what a damaged feature file holds into a new one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import h5py

from lusscore.features.file.attributes import read_attribute, read_attributes
from lusscore.features.file.checksum import HEADER_ATTRIBUTE, ClipChecksum, header_fits
from lusscore.features.file.feature_file import HDF5_ERRORS
from lusscore.features.file.findings import LOST
from lusscore.features.file.held import Held, bytes_per_row, read_held, row_blocks, rows_fit
from lusscore.features.file.layout import PlannedClip, create_layout
from lusscore.features.file.mended_head import open_damaged
from lusscore.features.file.store import FeatureStore
from lusscore.features.fingerprint import fingerprint_digest

SALVAGED_ATTRIBUTE = "salvaged"
_CLIPS_PER_COMMIT = 64
_UNKNOWN = "unknown"
# attributes that say how a file came to be
_PROVENANCE = ("engine", "lusscore", "created", "command")


def salvage(path: Path, beside: Path, believed: Sequence[Mapping[str, Any]] = ()) -> int:
    """Make a new feature file of the clips in a damaged one that fit their checksums.

    Nothing is saved of a file that does not tell, in two places that agree, which settings its
    embeddings come from. The damaged file is only read.

    Parameters
    ----------
    path
        The damaged file.
    beside
        The new file; must not exist. It is not made where nothing can be saved.
    believed
        Parts of fingerprints that the file may have: they help where it tells only one of its
        fingerprint and the parts.

    Returns
    -------
    int
        Clips saved.

    Raises
    ------
    OSError, RuntimeError, ValueError
        If the new file cannot be written.
    """
    with open_damaged(path) as file:
        if file is None:
            return 0
        try:
            whole = _header_fits(file)
            parts = _trusted_parts(file, believed)
            clips = read_held(file)
        except HDF5_ERRORS:
            return 0
        if parts is None:
            return 0
        size = path.stat().st_size
        sound = [held for held in clips if _is_sound(file, held, size)]
        if not sound:
            return 0
        # where the tables can be trusted, they also tell which clips are lost
        kept = clips if whole else sound
        attrs = _whole_attributes(file) if whole else _attributes(file, path, parts)
        _create(file, beside, kept, attrs)
        return _copy(file, beside, kept, {held.number for held in sound})


def _header_fits(file: h5py.File) -> bool:
    try:
        return header_fits(file)
    except HDF5_ERRORS:
        return False


def _trusted_parts(
    file: h5py.File, believed: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Return the settings that a file's embeddings come from, None if that is in doubt."""
    fingerprint = _attribute(file, "fingerprint")
    try:
        parts = json.loads(_attribute(file, "fingerprint_parts"))
    except ValueError:
        parts = None
    candidates = [*([parts] if isinstance(parts, dict) else []), *believed]
    return next(
        (
            candidate
            for candidate in candidates
            if fingerprint_digest(candidate) == fingerprint
            or (candidate is not parts and candidate == parts)
        ),
        None,
    )


def _is_sound(file: h5py.File, held: Held, size: int) -> bool:
    """Tell whether all of a clip's rows are there and fit its checksum."""
    embeddings = file["embeddings"]
    if not held.checksum or not held.frames or not held.mark:
        return False
    if embeddings.id.get_offset() + held.rows.stop * bytes_per_row(file) > size:
        return False
    try:
        return rows_fit(file, held)
    except HDF5_ERRORS:
        return False


def _attribute(file: h5py.File, name: str) -> str:
    try:
        return read_attribute(file, name)
    except HDF5_ERRORS:
        return ""


def _whole_attributes(file: h5py.File) -> dict[str, Any]:
    """Return attributes that fit their checksum."""
    found = read_attributes(file)
    return {key: value for key, value in found.items() if key not in ("schema", HEADER_ATTRIBUTE)}


def _attributes(file: h5py.File, path: Path, parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes of a file saved from one whose own cannot all be right."""
    today = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {
        "fingerprint": fingerprint_digest(parts),
        "fingerprint_parts": json.dumps(parts, sort_keys=True),
        "backbone": str(parts.get("backbone", _UNKNOWN)),
        "weights_digest": str(parts.get("weights", _UNKNOWN)),
        **{name: _attribute(file, name) or _UNKNOWN for name in _PROVENANCE},
        SALVAGED_ATTRIBUTE: f"{today} from a damaged {path.name}, which told: "
        f"{', '.join(_PROVENANCE)}",
    }


def _create(file: h5py.File, beside: Path, kept: Sequence[Held], attrs: dict[str, Any]) -> None:
    """Make the new file with room for these clips."""
    embeddings = file["embeddings"]
    numbers = file["frames/index"]
    create_layout(
        beside,
        [
            PlannedClip(
                held.path,
                held.digest,
                numbers[held.rows].astype("int64"),
                LOST if held.mark else held.error,
            )
            for held in kept
        ],
        embeddings.shape[1],
        embeddings.shape[2],
        embeddings.dtype.name,
        attrs,
    )


def _copy(file: h5py.File, beside: Path, kept: Sequence[Held], sound: set[int]) -> int:
    """Copy the rows of sound clips; return how many clips were still sound when copied."""
    waiting: list[int] = []
    saved = 0
    with FeatureStore(beside) as store:
        for row, held in enumerate(kept):
            if held.number not in sound:
                continue
            checksum = ClipChecksum(held.path, held.digest, file["frames/index"][held.rows])
            times = file["frames/time"][held.rows]
            for block in row_blocks(file, held.rows):
                embeddings = file["embeddings"][block]
                checksum.update(embeddings)
                here = slice(block.start - held.rows.start, block.stop - held.rows.start)
                store.append(row, embeddings, times[here])
            # a drive that fails may read the same place in two ways
            if checksum.finish(times).decode() != held.checksum:
                store.fail(row, LOST)
                continue
            saved += 1
            waiting.append(row)
            if len(waiting) == _CLIPS_PER_COMMIT:
                store.commit(waiting)
                waiting = []
        store.commit(waiting)
    return saved

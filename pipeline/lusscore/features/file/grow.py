"""Making a feature file, taking over what an earlier one holds of the same media."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lusscore.errors import FeatureFileError
from lusscore.features.file.checksum import clip_checksum
from lusscore.features.file.feature_file import open_feature_file, read_clip_table
from lusscore.features.file.layout import PlannedClip, create_layout
from lusscore.features.file.store import FeatureStore

_CLIPS_PER_COMMIT = 64


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
    holds `path`, and an earlier file there has the same fingerprint. Rows that do not fit their
    checksum are not taken over.

    Returns
    -------
    int
        Clips taken over from the earlier file.

    Raises
    ------
    FeatureFileError
        If there is no space, or the earlier file is damaged. The earlier file stays.
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
            f"{path} cannot be made ({describe_disk_error(error)}); free space on the disk or "
            "choose another --features-dir. Nothing that was computed is lost."
        ) from None
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return kept


def describe_disk_error(error: Exception) -> str:
    """Return why a file could not be written, without HDF5's addresses and offsets."""
    if "No space left" in str(error):
        return "no space left on the disk"
    return str(getattr(error, "strerror", None) or error)


def _take_over(old: Path, new: Path, clips: Sequence[PlannedClip]) -> int:
    """Copy the rows of clips whose media bytes and frames are the same."""
    kept = 0
    with open_feature_file(old) as source, FeatureStore(new) as target:
        table = read_clip_table(source)
        rows = {
            digest: row for row, digest in enumerate(table.digests) if table.done[row] and digest
        }
        waiting: list[int] = []
        for number, clip in enumerate(clips):
            row = rows.get(clip.digest)
            if row is None:
                continue
            held = table.rows(row)
            frames = source["frames/index"][held]
            if not np.array_equal(frames, clip.frames):
                continue
            embeddings, times = source["embeddings"][held], source["frames/time"][held]
            found = clip_checksum(table.paths[row], table.digests[row], frames, embeddings, times)
            if found.decode() != table.checksums[row]:
                continue
            target.append(number, embeddings, times)
            kept += 1
            waiting.append(number)
            if len(waiting) == _CLIPS_PER_COMMIT:
                target.commit(waiting)
                waiting = []
        target.commit(waiting)
    return kept

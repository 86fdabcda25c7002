"""Deleting from the cache: parts that nothing needs, and all that there is of some clips."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.clips import digest_clip
from lusscore.cohort import Cohort
from lusscore.errors import ClipError, FeatureFileError
from lusscore.features.feature_file import Features, read_features, write_features
from lusscore.features.freshness import recorded_spec
from lusscore.features.media import CACHE_NAME, MEDIA_NAME, PlannedClip, survey_path
from lusscore.features.parts import Block, PartStore
from lusscore.files import read_record, write_record

_LEAST_AGE = 7 * 24 * 3600.0


@dataclass(frozen=True)
class Pruned:
    """Parts in the folder of one recipe that nothing needs, and their bytes in all."""

    folder: Path
    parts: tuple[Path, ...]
    size: int


def find_unneeded(features_dir: Path, *, packed: bool = False) -> list[Pruned]:
    """List the parts that may be deleted.

    They are a week old and no feature file names them, or, with `packed`, a feature file has all
    of them.

    Raises
    ------
    FeatureFileError
        If a feature file cannot be read, which may need any part.
    """
    files = [read_features(path) for path in sorted(features_dir.glob("*/*.h5"))]
    if packed:
        found = {part for file in files for part in _packed_parts(features_dir, file)}
    else:
        named = {name for file in files for name in file.parts}
        limit = time.time() - _LEAST_AGE
        found = {
            part
            for part in (features_dir / CACHE_NAME).glob("*/*/*/*.h5")
            if part.stem not in named and part.stat().st_mtime < limit
        }
    folders: dict[Path, list[Path]] = {}
    for part in sorted(found):
        folders.setdefault(part.parents[2], []).append(part)
    return [
        Pruned(folder, tuple(parts), sum(part.stat().st_size for part in parts))
        for folder, parts in folders.items()
    ]


def prune(unneeded: Collection[Pruned]) -> None:
    """Delete parts, and the folders that they leave empty."""
    for one in unneeded:
        for part in one.parts:
            part.unlink(missing_ok=True)
            for folder in (part.parent, part.parent.parent, one.folder):
                if any(folder.iterdir()):
                    break
                folder.rmdir()


def find_digests(features_dir: Path, cohort: Cohort, clips: Collection[str]) -> set[str]:
    """Return every digest that clips of a cohort have, or are known to have had."""
    remembered = (read_record(features_dir / cohort.name / MEDIA_NAME) or {}).get("clips", {})
    digests = set()
    for clip in clips:
        with suppress(ClipError):  # one that is away is known by its record
            digests.add(digest_clip(cohort.clip_path(clip)))
        if clip in remembered:
            last, _, earlier = remembered[clip]
            digests |= {last, *earlier}
    for path in sorted((features_dir / cohort.name).glob("*.h5")):
        file = read_features(path)
        told = zip(file.paths, file.digests, strict=True)
        digests |= {digest for clip, digest in told if clip in clips}
    return digests - {""}


def forget_clips(features_dir: Path, digests: Collection[str]) -> list[str]:
    """Delete all that cache and feature files have of recordings; say in words what that was.

    Raises
    ------
    FeatureFileError
        If a feature file cannot be read or written; the same call then goes on.
    """
    cache, told = features_dir / CACHE_NAME, []
    for path in sorted(features_dir.glob("*/*.h5")):
        gone = _forget_in_file(read_features(path, again=True).replaceable(), digests)
        if gone:
            told.append(f"{gone} clips in {path}")
    parts = 0
    for digest in digests:
        for folder in cache.glob(f"*/{digest[:2]}/{digest[:32]}"):
            parts += len(list(folder.glob("*.h5")))
            shutil.rmtree(folder)
        survey_path(cache, digest).unlink(missing_ok=True)
    told += [f"{parts} parts in {cache}"] * bool(parts)
    for memory in features_dir.glob(f"*/{MEDIA_NAME}"):
        document = read_record(memory) or {"clips": {}}
        kept = {
            clip: row
            for clip, row in document["clips"].items()
            if not {row[0], *row[2]} & set(digests)
        }
        if len(kept) < len(document["clips"]):
            write_record(memory, document | {"clips": kept})
    return told or [f"no embeddings: none of these recordings is in {features_dir}"]


def _forget_in_file(file: Features, digests: Collection[str]) -> int:
    """Write a feature file without some clips; return how many it had."""
    rows = [row for row, digest in enumerate(file.digests) if digest not in digests]
    gone = len(file.digests) - len(rows)
    if not gone:
        return 0
    try:
        if not rows:
            file.path.unlink()
            return gone
        clips = [
            PlannedClip(
                file.paths[row],
                file.digests[row],
                file.frame[file.rows(row)].astype(np.int64),
                file.errors[row],
            )
            for row in rows
        ]
        blocks = {file.paths[row]: file.block(row) for row in rows}

        def entries(clip: PlannedClip) -> tuple[NDArray[Any], NDArray[np.float32], list[Block]]:
            block = blocks[clip.path]
            return block.embeddings, block.times, [block]

        write_features(
            file.path, recorded_spec(file), file.recipe, file.selection, clips, entries, file.parts
        )
    except OSError as error:
        raise FeatureFileError(
            f"it cannot be written ({error.strerror or type(error).__name__})",
            advice="mend that and run this again",
            path=file.path,
        ) from error
    return gone


def _packed_parts(features_dir: Path, file: Features) -> Iterator[Path]:
    """Yield the parts of which a feature file has every entry."""
    store = PartStore(features_dir, file.recipe)
    for row, digest in enumerate(file.digests):
        own = file.block(row)
        for path in store.paths(digest):
            block = store.read_part(path, digest)
            if block is not None and _within(block, own):
                yield path


def _within(block: Block, other: Block) -> bool:
    """Tell whether every entry of a block is in another, too."""
    same = block.augmentation == other.augmentation or block.variants == (0,)
    return (
        same
        and bool(np.isin(block.frames, other.frames).all())
        and set(block.variants) <= set(other.variants)
        and block.layers.items() <= other.layers.items()
    )

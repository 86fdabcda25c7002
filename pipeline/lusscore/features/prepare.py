"""Bringing the feature file of one backbone to where computing can start."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from lusscore import __version__
from lusscore.backbones import DEFAULT_PRECISION, BackboneSpec, Engine, Weights
from lusscore.cohort import ExtractionSettings
from lusscore.features.file.attributes import read_attribute
from lusscore.features.file.feature_file import open_feature_file, read_clip_table, read_parts
from lusscore.features.file.grow import make_file
from lusscore.features.file.layout import SCHEMA, PlannedClip
from lusscore.features.fingerprint import differences, fingerprint_digest, fingerprint_parts
from lusscore.features.plan import aside_path


@dataclass(frozen=True)
class Prepared:
    """A feature file that fits the card, the backbone and the clips.

    Attributes
    ----------
    path
        The file.
    made
        Whether it had to be made or made anew.
    kept
        Clips taken over from an earlier file of the same settings.
    set_aside
        Where an earlier file of other settings was moved, if there was one.
    changes
        How that file's settings differed, in words.
    """

    path: Path
    made: bool = False
    kept: int = 0
    set_aside: Path | None = None
    changes: tuple[str, ...] = ()


def prepare_file(
    path: Path,
    clips: Sequence[PlannedClip],
    spec: BackboneSpec,
    weights: Weights,
    settings: ExtractionSettings,
    open_engine: Callable[[], Engine],
    *,
    precision: str = DEFAULT_PRECISION,
) -> Prepared:
    """Make, grow, exchange or simply accept a feature file. The caller holds `path`.

    A file of other settings is not overwritten: it is moved to ``aside/`` and comes back when
    the settings do.

    Parameters
    ----------
    path
        Where the file is or will be.
    clips
        What it has to hold.
    spec, weights, settings
        What its embeddings have to come from; the spec has the levels of the settings.
    open_engine
        Called where a file is made, which then tells what computed it.
    precision
        Number format of the network's arithmetic.

    Raises
    ------
    FeatureFileError
        If a file at `path` is damaged, or the new one cannot be made.
    """
    parts = fingerprint_parts(spec, weights.digest, settings, precision)
    needed = fingerprint_digest(parts)
    set_aside: Path | None = None
    changes: tuple[str, ...] = ()
    if path.exists():
        there, changes = stale_parts(path, parts)
        if changes:
            # a file of an earlier schema must not come back under the name of these settings
            set_aside = aside_path(path, f"old-{there}" if there == needed else there)
            set_aside.parent.mkdir(exist_ok=True)
            path.replace(set_aside)
    if not path.exists() and aside_path(path, needed).exists():
        aside_path(path, needed).replace(path)
    if path.exists():
        clips = keep_unreadable(path, clips)
    if path.exists() and _holds(path, clips):
        return Prepared(path, set_aside=set_aside, changes=changes)
    attrs = _attributes(spec, weights, parts, open_engine())
    kept = make_file(path, clips, 1 + settings.variants, spec.width, settings.dtype, attrs)
    return Prepared(path, True, kept, set_aside, changes)


def keep_unreadable(path: Path, clips: Sequence[PlannedClip]) -> list[PlannedClip]:
    """Plan clips that cannot be read now as a feature file already holds them.

    A drive that is away for a moment must not cost what was computed. A clip whose bytes can be
    read and are others than those the embeddings come from is not kept.

    Parameters
    ----------
    path
        A feature file of the settings that are needed.
    clips
        As planned from what is on disk.
    """
    if not any(clip.error for clip in clips):
        return list(clips)
    with open_feature_file(path) as file:
        table = read_clip_table(file)
        numbers = file["frames/index"][...]
    held = {name: row for row, name in enumerate(table.paths) if table.done[row]}

    def as_held(clip: PlannedClip) -> PlannedClip:
        row = held.get(clip.path)
        if not clip.error or row is None or clip.digest not in ("", table.digests[row]):
            return clip
        frames = numbers[table.rows(row)].astype(np.int64)
        return replace(clip, digest=table.digests[row], frames=frames)

    return [as_held(clip) for clip in clips]


def stale_parts(path: Path, needed: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return a file's fingerprint, and how its parts differ from those needed, in words."""
    with open_feature_file(path, any_schema=True) as file:
        fingerprint, parts = read_parts(file)
        changes = differences(parts, needed)
        schema = int(read_attribute(file, "schema"))
    if schema != SCHEMA:
        changes.append(f"schema is {schema}, needed {SCHEMA}")
    if not changes and fingerprint != fingerprint_digest(needed):
        changes.append(f"fingerprint is {fingerprint[:12]}…, needed that of these settings")
    return fingerprint, tuple(changes)


def _holds(path: Path, clips: Sequence[PlannedClip]) -> bool:
    """Tell whether a file's clips are exactly these, in whatever order."""
    with open_feature_file(path) as file:
        table = read_clip_table(file)
        numbers = file["frames/index"][...]
    held = {
        (name, digest): numbers[table.rows(row)].tolist()
        for row, (name, digest) in enumerate(zip(table.paths, table.digests, strict=True))
    }
    return held == {(clip.path, clip.digest): clip.frames.tolist() for clip in clips}


def _attributes(
    spec: BackboneSpec, weights: Weights, parts: Mapping[str, Any], engine: Engine
) -> dict[str, Any]:
    """Root attributes of a new file: what it is and how it came to be."""
    versions = ", ".join(f"{package} {number}" for package, number in engine.versions.items())
    return {
        "fingerprint": fingerprint_digest(parts),
        "fingerprint_parts": json.dumps(parts, sort_keys=True),
        "backbone": spec.name,
        "weights_digest": weights.digest,
        "engine": f"{engine.name} ({versions})",
        "lusscore": __version__,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": " ".join(["lusscore", *sys.argv[1:]]),
    }

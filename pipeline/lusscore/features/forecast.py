"""What a run of stage one would do: how much, how long, how large."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lusscore.backbones import BackboneSpec, load_weights, with_levels
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.features.computing.engine_choice import EngineChoice
from lusscore.features.file.feature_file import open_feature_file, read_clip_table
from lusscore.features.file.layout import PlannedClip, file_bytes
from lusscore.features.fingerprint import fingerprint_digest, fingerprint_parts
from lusscore.features.media import index_media
from lusscore.features.plan import aside_path, feature_path, media_path, plan_clips
from lusscore.features.prepare import keep_unreadable, stale_parts
from lusscore.features.speed import expected_speed
from lusscore.features.watcher import Watcher


@dataclass(frozen=True)
class Forecast:
    """What a run would do for one backbone.

    Attributes
    ----------
    backbone, path
        Which file.
    clips, frames, images
        To be computed.
    kept
        Clips whose embeddings are there.
    unreadable
        Clips that cannot be read.
    seconds
        How long it would take; None where it cannot be told.
    basis
        What `seconds` rests on: ``"last run"`` or ``"estimate"``.
    size
        Bytes of the file when it is complete.
    changes
        How the settings of the file that is there differ; it would be set aside.
    fits
        Whether the disk has room.
    """

    backbone: str
    path: Path
    clips: int
    frames: int
    images: int
    kept: int
    unreadable: int
    seconds: float | None
    basis: str
    size: int
    changes: tuple[str, ...]
    fits: bool


def forecast_features(
    cohort: Cohort,
    specs: Sequence[BackboneSpec],
    features_dir: Path,
    *,
    weights_dir: Path | None = None,
    engine: EngineChoice | None = None,
    workers: int = 1,
    watcher: Watcher | None = None,
) -> list[Forecast]:
    """Say what :func:`extract_features` would do with the same arguments; compute nothing.

    No network is loaded and no weights are downloaded. Clips that were never seen are read,
    since their frames must be counted.

    Raises
    ------
    BackboneError
        If a backbone lacks a level that the card asks for.
    WeightsError
        If weights are not on this machine.
    FeatureFileError
        If a feature file is damaged.
    """
    engine, watcher = engine or EngineChoice(), watcher or Watcher()
    settings = cohort.card.extraction
    media = index_media(cohort, media_path(features_dir, cohort), progress=watcher.media)
    planned = plan_clips(media, settings)
    forecasts, needed = [], 0
    for spec in specs:
        digest = load_weights(spec, weights_dir, download=False).digest
        parts = fingerprint_parts(spec, digest, settings, engine.precision)
        path = feature_path(features_dir, cohort, spec.name)
        source, changes = _find_source(path, parts)
        clips = planned if source is None else keep_unreadable(source, planned)
        kept = set() if source is None else _kept(source, clips)
        todo = [clip for clip in clips if not clip.error and clip.path not in kept]
        frames = sum(len(clip.frames) for clip in todo)
        images = frames * (1 + settings.variants)
        speed = expected_speed(engine, spec, workers) if images else (1.0, "")
        size = _size(clips, spec, settings)
        # a file is made beside the one it replaces
        needed += size if todo else 0
        forecasts.append(
            Forecast(
                spec.name,
                path,
                len(todo),
                frames,
                images,
                len(kept),
                sum(1 for clip in planned if clip.error),
                None if speed is None else images / speed[0],
                "" if speed is None else speed[1],
                size,
                changes,
                fits=(source == path and _complete(path, clips)) or _fits(features_dir, needed),
            )
        )
    return forecasts


def _find_source(path: Path, parts: Mapping[str, Any]) -> tuple[Path | None, tuple[str, ...]]:
    """Return the file whose embeddings would be kept, and what makes the one at `path` stale."""
    changes: tuple[str, ...] = ()
    if path.exists():
        _, changes = stale_parts(path, parts)
        if not changes:
            return path, ()
    aside = aside_path(path, fingerprint_digest(parts))
    return (aside if aside.exists() else None), changes


def _kept(source: Path, planned: Sequence[PlannedClip]) -> set[str]:
    """Name the clips whose embeddings a file holds."""
    with open_feature_file(source) as file:
        table = read_clip_table(file)
        numbers = file["frames/index"][...]
    held = {
        digest: numbers[table.rows(row)]
        for row, digest in enumerate(table.digests)
        if table.done[row] and digest
    }
    return {
        clip.path
        for clip in planned
        if clip.digest in held and np.array_equal(held[clip.digest], clip.frames)
    }


def _complete(path: Path, planned: Sequence[PlannedClip]) -> bool:
    """Tell whether a file has room for all clips, so that no other has to be made."""
    with open_feature_file(path) as file:
        table = read_clip_table(file)
    return set(zip(table.paths, table.digests, strict=True)) == {
        (clip.path, clip.digest) for clip in planned
    }


def _size(planned: Sequence[PlannedClip], spec: BackboneSpec, settings: ExtractionSettings) -> int:
    width = with_levels(spec, settings.levels).width
    return file_bytes(planned, 1 + settings.variants, width, settings.dtype)


def _fits(folder: Path, size: int) -> bool:
    while not folder.exists():
        folder = folder.absolute().parent
    return shutil.disk_usage(folder).free >= size

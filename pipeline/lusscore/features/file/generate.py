"""Feature files of generated numbers, for measuring without media or networks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lusscore.backbones import DEFAULT_PRECISION, BackboneSpec, with_levels
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.features.file.layout import PlannedClip, create_layout
from lusscore.features.file.store import FeatureStore
from lusscore.features.fingerprint import fingerprint_digest, fingerprint_parts


def write_generated_features(
    path: Path, cohort: Cohort, spec: BackboneSpec, frames: int, *, seed: int = 0
) -> None:
    """Write a complete feature file whose embeddings are drawn around one centre per score.

    Parameters
    ----------
    path
        Where; must not exist.
    cohort
        Whose clips and scores; its media need not exist.
    spec
        Backbone that is named as the origin.
    frames
        Frames in all, spread evenly over the clips.
    seed
        Same seed, same numbers.
    """
    settings = cohort.card.extraction
    counts = np.diff(np.linspace(0, frames, len(cohort.spans) + 1).astype(int))
    clips = [
        PlannedClip(span.clip, hashlib.sha256(span.clip.encode()).hexdigest(), np.arange(count))
        for span, count in zip(cohort.spans, counts, strict=True)
    ]
    create_generated_file(path, clips, spec, settings)
    rng = np.random.default_rng(seed)
    dim = with_levels(spec, settings.levels).width
    centres = rng.normal(0, 0.05, (4, dim)).astype(np.float32)
    with FeatureStore(path) as store:
        for row, (span, clip) in enumerate(zip(cohort.spans, clips, strict=True)):
            shape = (len(clip.frames), 1 + settings.variants, dim)
            noise = rng.standard_normal(shape, dtype=np.float32) * 0.5
            store.write(row, np.abs(noise + centres[span.score or 0]), np.arange(shape[0]) / 25)


def create_generated_file(
    path: Path, clips: Sequence[PlannedClip], spec: BackboneSpec, settings: ExtractionSettings
) -> None:
    """Make a feature file that says of itself that its numbers are generated; `path` is new."""
    parts = fingerprint_parts(spec, "0" * 64, settings, DEFAULT_PRECISION)
    attrs = {
        "fingerprint": fingerprint_digest(parts),
        "fingerprint_parts": json.dumps(parts, sort_keys=True),
        "backbone": spec.name,
        "weights_digest": "0" * 64,
        "engine": "generated",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    images = 1 + settings.variants
    width = with_levels(spec, settings.levels).width
    create_layout(path, clips, images, width, settings.dtype, attrs)

"""How fast the single writer brings embeddings to the disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from lusscore.backbones import get_backbone
from lusscore.cohort import ExtractionSettings
from lusscore.features.file.generate import create_generated_file
from lusscore.features.file.layout import PlannedClip
from lusscore.features.file.store import FeatureStore
from lusscore.features.file.writer import Writer

# as many as stage one hands over at once: 16 images
_FRAMES_AT_ONCE = 4


def time_writer(path: str, backbone: str, clips: int, frames: int) -> dict[str, Any]:
    """Write a feature file of generated numbers, clip after clip, each committed.

    There are 3 variants, and embeddings are float16.

    Parameters
    ----------
    path
        Where; must not exist.
    backbone
        Whose embeddings they are in size.
    clips, frames
        Clips, and frames of each.

    Returns
    -------
    dict
        ``seconds`` from the first row to the last flush, and ``images``,
        ``megabytes`` of embeddings.
    """
    spec, settings = get_backbone(backbone), ExtractionSettings(variants=3)
    images, dim = 1 + settings.variants, spec.embedding_size
    planned = [
        PlannedClip(f"clips/{number}.mp4", f"{number:064x}", np.arange(frames))
        for number in range(clips)
    ]
    create_generated_file(Path(path), planned, spec, settings)
    rng = np.random.default_rng(0)
    rows = rng.random((_FRAMES_AT_ONCE, images, dim), np.float32).astype(np.float16)
    with FeatureStore(Path(path)) as store:
        started = time.perf_counter()
        with Writer() as writer:
            for clip in range(clips):
                for start in range(0, frames, _FRAMES_AT_ONCE):
                    count = min(_FRAMES_AT_ONCE, frames - start)
                    writer.rows(store, clip, rows[:count], np.arange(count) / 25)
                writer.finish(store, clip, lambda: None)
        seconds = time.perf_counter() - started
    values = clips * frames * images * dim
    return {
        "seconds": seconds,
        "images": clips * frames * images,
        "megabytes": values * np.dtype(settings.dtype).itemsize / 1e6,
    }

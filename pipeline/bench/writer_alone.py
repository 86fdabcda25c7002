"""How fast the cache takes embeddings, and how fast a feature file is packed from it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from lusscore.backbones import DEFAULT_PRECISION, get_backbone
from lusscore.cohort import ExtractionSettings
from lusscore.features import Block, Needs, PartStore, make_recipe, make_selection


def time_writer(folder: str, backbone: str, clips: int, frames: int) -> dict[str, Any]:
    """Write parts of generated numbers, clip after clip, each flushed to the disk.

    There are 3 variants, and embeddings are float16.

    Parameters
    ----------
    folder
        Where; made if it is not there.
    backbone
        Whose embeddings they are in size.
    clips, frames
        Clips, and frames of each.

    Returns
    -------
    dict
        ``seconds`` from the first part to the last flush, ``read_seconds`` to read all parts and
        compare them with their digests, and ``images``, ``megabytes`` of embeddings.
    """
    spec, settings = get_backbone(backbone), ExtractionSettings(variants=3)
    needs = Needs.of(make_selection(spec, settings), settings.dtype)
    store = PartStore(Path(folder), make_recipe(spec, "0" * 64, settings, DEFAULT_PRECISION))
    rng = np.random.default_rng(0)
    rows = rng.random((frames, len(needs.variants), needs.width), np.float32).astype(np.float16)
    times = (np.arange(frames) / 25).astype(np.float32)
    block = Block(np.arange(frames), times, needs.variants, needs.augmentation, needs.layers, rows)
    names = [f"{number:064x}" for number in range(clips)]
    started = time.perf_counter()
    for name in names:
        store.write(name, block)
    written = time.perf_counter()
    for name in names:
        store.read(name)
    return {
        "seconds": written - started,
        "read_seconds": time.perf_counter() - written,
        "images": clips * frames * len(needs.variants),
        "megabytes": clips * rows.nbytes / 1e6,
    }

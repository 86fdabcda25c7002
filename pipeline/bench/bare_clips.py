"""Computing clips and nothing else: no pool, no file."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.ready_images import plan_cohort
from bench.small_backbone import find_backbone, register_small_backbone
from lusscore.backbones import load_weights
from lusscore.cohort import read_cohort
from lusscore.features import IMAGES_PER_BATCH, EngineChoice, Order, compute_clip


def time_bare_clips(
    cohort: str, backbone: str, weights_dir: str | None, features_dir: str
) -> dict[str, Any]:
    """Compute every clip of a cohort one after another with one thread, as a worker would.

    Parameters
    ----------
    cohort
        Its folder.
    backbone
        Its name.
    weights_dir
        Folder of weights.
    features_dir
        Folder in which digests and converted networks are kept.

    Returns
    -------
    dict
        ``clips`` and ``seconds``; the first clip, which opens the engine, is left out.
    """
    register_small_backbone()
    found, spec = read_cohort(Path(cohort)), find_backbone(backbone)
    folder = None if weights_dir is None else Path(weights_dir)
    weights = load_weights(spec, folder, download=False)
    choice = EngineChoice(threads=1, cache=Path(features_dir) / ".networks")
    variants = tuple(range(1 + found.card.extraction.variants))
    orders = [
        Order(replace(clip, variants=variants), found.clip_path(clip.path), ((spec, weights),))
        for clip in plan_cohort(found, Path(features_dir))
    ]

    def compute(order: Order) -> None:
        compute_clip((0, order), found.card.extraction, choice, IMAGES_PER_BATCH)

    compute(orders[0])
    started = time.perf_counter()
    for order in orders[1:]:
        compute(order)
    return {"clips": len(orders) - 1, "seconds": time.perf_counter() - started}

"""The engine alone: images that lie ready in memory, nothing decoded and nothing written."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Any

from bench.ready_images import read_images
from bench.small_backbone import find_backbone, register_small_backbone
from lusscore.backbones import Result, Weights, load_weights
from lusscore.cohort import read_cohort
from lusscore.errors import EngineError
from lusscore.features import IMAGES_PER_BATCH, EngineChoice

_WARM_UP = 4


def time_bare_engine(
    cohort: str, backbone: str, weights_dir: str | None, features_dir: str, seconds: float
) -> dict[str, Any]:
    """Time the engine on the images of a cohort, after a few that are not timed.

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
    seconds
        No new images are begun after this time.

    Returns
    -------
    dict
        ``images`` and ``seconds``.
    """
    register_small_backbone()
    spec = find_backbone(backbone)
    images = read_images(read_cohort(Path(cohort)), Path(features_dir), spec.input_size).flat
    with _choice(features_dir).open(spec, _weights(backbone, weights_dir)) as engine:
        engine.embed(images[:_WARM_UP])
        done = 0
        under_way: deque[Result] = deque()
        started = time.perf_counter()
        while done < len(images) and time.perf_counter() - started < seconds:
            batch = images[done : done + IMAGES_PER_BATCH]
            under_way.append(engine.submit(batch))
            done += len(batch)
            # as in stage one, the engine always has the next images
            if len(under_way) > 2:
                under_way.popleft()()
        for result in under_way:
            result()
        return {"images": done, "seconds": time.perf_counter() - started}


def convert_network(
    backbone: str, weights_dir: str | None, features_dir: str, precision: str = "f32"
) -> str:
    """Start an engine once, so that its converted network is kept for the next starts.

    Returns
    -------
    str
        Why it does not run here in that precision; empty if it does.
    """
    register_small_backbone()
    weights = _weights(backbone, weights_dir)
    try:
        _choice(features_dir, precision).open(find_backbone(backbone), weights).close()
    except EngineError as error:
        return str(error)
    return ""


def _choice(features_dir: str, precision: str = "f32") -> EngineChoice:
    """Return the engine as ``lusscore features`` runs it."""
    return EngineChoice(cache=Path(features_dir) / ".networks", precision=precision)


def _weights(backbone: str, weights_dir: str | None) -> Weights:
    folder = None if weights_dir is None else Path(weights_dir)
    return load_weights(find_backbone(backbone), folder, download=False)

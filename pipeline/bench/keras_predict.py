"""The baseline: the same network and the same images through ``keras.Model.predict``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bench.ready_images import read_images
from bench.small_backbone import find_backbone, register_small_backbone
from lusscore.backbones import build_model, load_weights
from lusscore.cohort import read_cohort

_BATCH = 32


def time_keras_predict(
    cohort: str, backbone: str, weights_dir: str | None, features_dir: str
) -> dict[str, Any]:
    """Time one call of ``predict`` in batches of 32, after one that is not timed.

    Parameters
    ----------
    cohort
        Its folder; all its frames and variants are decoded before.
    backbone
        A registered name.
    weights_dir
        Folder of weights.
    features_dir
        Folder in which the clips' digests are remembered.

    Returns
    -------
    dict
        ``images`` and ``seconds``.
    """
    register_small_backbone()
    spec = find_backbone(backbone)
    images = read_images(read_cohort(Path(cohort)), Path(features_dir), spec.input_size).flat
    folder = None if weights_dir is None else Path(weights_dir)
    model = build_model(spec, load_weights(spec, folder, download=False))
    # every batch shape that is to come, so that nothing is traced while the clock runs
    model.predict(images[: _BATCH + len(images) % _BATCH], batch_size=_BATCH, verbose=0)
    started = time.perf_counter()
    model.predict(images, batch_size=_BATCH, verbose=0)
    return {"images": len(images), "seconds": time.perf_counter() - started}

"""What it takes to make a network's images of a frame, in one thread."""

from __future__ import annotations

import time
from pathlib import Path

from PIL import Image

from bench.ready_images import plan_cohort
from lusscore.clips import open_clip
from lusscore.cohort import read_cohort
from lusscore.features import letterbox, make_variants


def time_preparation(cohort: str, features_dir: str, size: list[int]) -> dict[str, float]:
    """Time decoding, letterboxing and augmenting of all frames of a cohort, one after another.

    Parameters
    ----------
    cohort
        Its folder.
    features_dir
        Folder in which the clips' digests are remembered.
    size
        Height and width in pixels that a network takes.

    Returns
    -------
    dict
        ``frames``; ``decode``, ``letterbox`` and ``all``, seconds of all frames. The last is of
        letterboxing and all variants, without decoding.
    """
    found = read_cohort(Path(cohort))
    settings = found.card.extraction
    height, width = size
    seconds = dict.fromkeys(("decode", "letterbox", "all"), 0.0)
    count = 0
    for clip in plan_cohort(found, Path(features_dir)):
        started = time.perf_counter()
        frames = list(open_clip(found.clip_path(clip.path), frozenset(clip.frames.tolist())))
        decoded = time.perf_counter()
        for frame in frames:
            letterbox(Image.fromarray(frame.rgb), (height, width))
        letterboxed = time.perf_counter()
        for frame in frames:
            make_variants(frame, clip.digest, settings, (height, width))
        seconds["decode"] += decoded - started
        seconds["letterbox"] += letterboxed - decoded
        seconds["all"] += time.perf_counter() - letterboxed
        count += len(frames)
    return {"frames": count, **seconds}

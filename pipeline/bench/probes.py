"""Parts of stage one by themselves, called in processes of their own."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.subjects import find_backbone, register_small_backbone
from lusscore.backbones import (
    DEFAULT_PRECISION,
    Result,
    Weights,
    build_model,
    get_backbone,
    load_weights,
)
from lusscore.clips import open_clip
from lusscore.cohort import Cohort, ExtractionSettings, read_cohort
from lusscore.errors import EngineError
from lusscore.features import (
    IMAGES_PER_BATCH,
    Block,
    Chunk,
    EngineChoice,
    MediaIndex,
    Needs,
    Order,
    PartStore,
    PlannedClip,
    compute_clip,
    letterbox,
    make_recipe,
    make_selection,
    make_variants,
    plan_clip,
    stream_clips,
)


@dataclass(frozen=True)
class ReadyFrames:
    """Frames that are ready for a network.

    Attributes
    ----------
    images
        uint8, shape (frames, 1 + variants, height, width, 3), in the order of the manifest.
    clip, index
        int64, shape (frames,): place of the clip in `clips`, frame number in it.
    clips
        The clips.
    """

    images: NDArray[np.uint8]
    clip: NDArray[np.int64]
    index: NDArray[np.int64]
    clips: tuple[PlannedClip, ...]

    @property
    def flat(self) -> NDArray[np.uint8]:
        """The images in a row: uint8, shape (frames × (1 + variants), height, width, 3)."""
        return self.images.reshape(-1, *self.images.shape[2:])


def plan_cohort(cohort: Cohort, features_dir: Path) -> list[PlannedClip]:
    """Look at the cohort's clips, or remember them from `features_dir`."""
    media = MediaIndex(cohort, features_dir).survey_all()
    return [plan_clip(one, cohort.card.extraction) for one in media]


def read_images(cohort: Cohort, features_dir: Path, size: tuple[int, int]) -> ReadyFrames:
    """Decode and augment all frames of a cohort."""
    settings = cohort.card.extraction
    clips = plan_cohort(cohort, features_dir)
    sources = ((clip, cohort.clip_path(clip.path), [size]) for clip in clips)
    chunks = [
        item.images[size] for item in stream_clips(sources, settings, 16) if isinstance(item, Chunk)
    ]
    counts = [len(clip.frames) for clip in clips]
    return ReadyFrames(
        np.concatenate(chunks),
        np.repeat(np.arange(len(clips)), counts),
        np.concatenate([clip.frames for clip in clips]),
        tuple(clips),
    )


def time_bare_clips(
    cohort: str, backbone: str, weights_dir: str | None, features_dir: str
) -> dict[str, Any]:
    """Compute every clip of a cohort one after another with one thread, as a worker would."""
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


_WARM_UP = 4


def time_bare_engine(
    cohort: str, backbone: str, weights_dir: str | None, features_dir: str, seconds: float
) -> dict[str, Any]:
    """Time the engine on the images of a cohort, after a few that are not timed."""
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
    """Start an engine once, so that its converted network is kept for the next starts."""
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


_BATCH = 32


def time_keras_predict(
    cohort: str, backbone: str, weights_dir: str | None, features_dir: str
) -> dict[str, Any]:
    """Time one call of ``predict`` in batches of 32, after one that is not timed."""
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


def time_preparation(cohort: str, features_dir: str, size: list[int]) -> dict[str, float]:
    """Time decoding, letterboxing and augmenting of all frames of a cohort, one after another."""
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


def time_writer(folder: str, backbone: str, clips: int, frames: int) -> dict[str, Any]:
    """Write parts of generated numbers, clip after clip, each flushed to the disk.

    There are 3 variants, and embeddings are float16.
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

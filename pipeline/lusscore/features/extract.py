"""Stage one: every frame of a cohort, with its variants, once through each backbone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import BackboneSpec, Engine, Weights, load_weights, open_engine
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.errors import FeatureFileError
from lusscore.features.layout import PlannedClip
from lusscore.features.media import index_media
from lusscore.features.plan import feature_path, media_path, plan_clips
from lusscore.features.prepare import Prepared, prepare_file
from lusscore.features.store import FeatureStore, hold
from lusscore.features.stream import Chunk, stream_clips

IMAGES_PER_BATCH = 16


@dataclass(frozen=True)
class EngineChoice:
    """How backbones are executed; nothing here changes an embedding.

    Attributes
    ----------
    name
        ``"openvino"`` or ``"keras"``.
    device
        The engine's name of a device, None for its default.
    threads
        CPU threads, None for all.
    cache
        Folder for converted networks, None for none.
    """

    name: str = "openvino"
    device: str | None = None
    threads: int | None = None
    cache: Path | None = None


@dataclass(frozen=True)
class Watcher:
    """What the caller wants to hear while stage one runs.

    Attributes
    ----------
    media
        Called with (clips looked at, clips in all).
    prepared
        Called once per backbone with its file and the frames it still lacks.
    frames
        Called with (backbone, number of frames just computed).
    stop
        Set it to end after the write in hand.
    """

    media: Callable[[int, int], None] = lambda done, total: None
    prepared: Callable[[str, Prepared, int], None] = lambda backbone, prepared, frames: None
    frames: Callable[[str, int], None] = lambda backbone, frames: None
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass
class Outcome:
    """What stage one did for one backbone.

    Attributes
    ----------
    backbone
        Its name.
    path
        The feature file.
    clips, frames
        Computed in this run.
    failed
        Clips without embeddings and why.
    finished
        False if the run was stopped before its end.
    """

    backbone: str
    path: Path
    clips: int = 0
    frames: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    finished: bool = True


@dataclass
class _Job:
    """One backbone at work."""

    spec: BackboneSpec
    weights: Weights
    store: FeatureStore
    outcome: Outcome
    todo: set[int]
    engine: Engine | None = None
    embeddings: list[NDArray[np.float32]] = field(default_factory=list)


def extract_features(
    cohort: Cohort,
    specs: Sequence[BackboneSpec],
    features_dir: Path,
    *,
    weights_dir: Path | None = None,
    engine: EngineChoice | None = None,
    watcher: Watcher | None = None,
    images_per_batch: int = IMAGES_PER_BATCH,
) -> list[Outcome]:
    """Compute what is missing of a cohort's embeddings; compute nothing twice.

    Each clip is decoded once for all backbones. A clip that fails is recorded and passed over.

    Parameters
    ----------
    cohort
        Whose clips.
    specs
        Backbones.
    features_dir
        Folder of all feature files.
    weights_dir
        Folder of weights, None for the search order of the backbones room.
    engine
        How to execute the backbones.
    watcher
        Whom to tell.
    images_per_batch
        About how many images a backbone sees at once.

    Raises
    ------
    WeightsError, EngineError
        If a backbone cannot run.
    FeatureFileError
        If a feature file is damaged, held by another process, or cannot be written.
    """
    engine = engine or EngineChoice()
    watcher = watcher or Watcher()
    settings = cohort.card.extraction
    weights = [load_weights(spec, weights_dir) for spec in specs]
    media = index_media(cohort, media_path(features_dir, cohort), progress=watcher.media)
    planned = plan_clips(media, settings)
    with ExitStack() as stack:
        jobs = []
        for spec, found in zip(specs, weights, strict=True):
            path = feature_path(features_dir, cohort, spec.name)
            stack.enter_context(hold(path))
            prepared = prepare_file(path, planned, spec, found, settings, engine.name)
            store = stack.enter_context(FeatureStore(path))
            job = _Job(spec, found, store, Outcome(spec.name, path), set(store.todo()))
            missing = sum(len(store.frames(clip)) for clip in job.todo)
            watcher.prepared(spec.name, prepared, missing)
            jobs.append(job)
        for job in jobs:
            if any(len(job.store.frames(clip)) for clip in job.todo):
                opened = open_engine(
                    engine.name,
                    job.spec,
                    job.weights,
                    device=engine.device,
                    threads=engine.threads,
                    cache=engine.cache,
                )
                job.engine = stack.enter_context(opened)
        try:
            _compute(jobs, cohort, planned, settings, watcher, images_per_batch)
        except OSError as error:
            raise FeatureFileError(
                f"Writing under {features_dir} failed ({error.strerror or error}); free space or "
                "check the drive and run this again: every finished clip is kept."
            ) from error
        return [job.outcome for job in jobs]


def _compute(
    jobs: Sequence[_Job],
    cohort: Cohort,
    planned: Sequence[PlannedClip],
    settings: ExtractionSettings,
    watcher: Watcher,
    images_per_batch: int,
) -> None:
    """Run all clips that any job lacks through the backbones that lack them."""
    agenda: list[tuple[PlannedClip, list[tuple[_Job, int]]]] = []
    rows = [job.store.clips() for job in jobs]
    for clip in planned:
        wanting = [
            (job, row[clip.path])
            for job, row in zip(jobs, rows, strict=True)
            if row[clip.path] in job.todo
        ]
        if clip.error:
            for job, number in wanting:
                job.store.fail(number, clip.error)
                job.outcome.failed[clip.path] = clip.error
        elif wanting:
            agenda.append((clip, wanting))

    def sources() -> Iterator[tuple[PlannedClip, Path, list[tuple[int, int]]]]:
        for clip, wanting in agenda:
            yield clip, cohort.clip_path(clip.path), [job.spec.input_size for job, _ in wanting]

    stream = stream_clips(sources(), settings, max(1, images_per_batch // (1 + settings.variants)))
    for clip, wanting in agenda:
        times: list[NDArray[np.float64]] = []
        for item in stream:
            if not isinstance(item, Chunk):
                break
            times.append(item.times)
            for job, _ in wanting:
                _embed(job, item, watcher)
            if watcher.stop.is_set():
                stream.close()
                for job in jobs:
                    job.outcome.finished = False
                return
        for job, number in wanting:
            if item.error:
                job.store.fail(number, item.error)
                job.outcome.failed[clip.path] = item.error
            else:
                job.store.write(number, np.concatenate(job.embeddings), np.concatenate(times))
                job.outcome.clips += 1
                job.outcome.frames += len(clip.frames)
            job.embeddings.clear()


def _embed(job: _Job, chunk: Chunk, watcher: Watcher) -> None:
    """Run one chunk through one backbone."""
    images = chunk.images[job.spec.input_size]
    frames, variants = images.shape[:2]
    assert job.engine is not None
    flat = job.engine.embed(images.reshape(-1, *images.shape[2:]))
    job.embeddings.append(flat.reshape(frames, variants, -1))
    watcher.frames(job.spec.name, frames)

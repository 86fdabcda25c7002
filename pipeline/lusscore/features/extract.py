"""Stage one: every frame of a cohort, with its variants, once through each backbone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import BackboneSpec, load_weights
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.errors import FeatureFileError
from lusscore.features.job import EngineChoice, Job, LazyEngine, Outcome
from lusscore.features.layout import PlannedClip
from lusscore.features.media import index_media
from lusscore.features.plan import feature_path, media_path, plan_clips
from lusscore.features.prepare import prepare_file
from lusscore.features.store import FeatureStore, hold
from lusscore.features.stream import Chunk, ClipEnd, stream_clips
from lusscore.features.watcher import Watcher

IMAGES_PER_BATCH = 16


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
            opened = LazyEngine(engine, spec, found, stack)
            prepared = prepare_file(path, planned, spec, found, settings, opened)
            store = stack.enter_context(FeatureStore(path))
            job = Job(spec, opened, store, Outcome(spec.name, path), set(store.todo()))
            watcher.prepared(spec.name, prepared, sum(len(store.frames(clip)) for clip in job.todo))
            jobs.append(job)
        try:
            _compute(jobs, cohort, planned, settings, watcher, images_per_batch)
        except OSError as error:
            raise FeatureFileError(
                f"Writing under {features_dir} failed ({error.strerror or error}); free space or "
                "check the drive and run this again: every finished clip is kept."
            ) from error
        return [job.outcome for job in jobs]


def _compute(
    jobs: Sequence[Job],
    cohort: Cohort,
    planned: Sequence[PlannedClip],
    settings: ExtractionSettings,
    watcher: Watcher,
    images_per_batch: int,
) -> None:
    """Run all clips that any job lacks through the backbones that lack them."""
    agenda = _make_agenda(jobs, planned)
    sources = (
        (clip, cohort.clip_path(clip.path), [job.spec.input_size for job, _ in wanting])
        for clip, wanting in agenda
    )
    frames_per_chunk = max(1, images_per_batch // (1 + settings.variants))
    with closing(stream_clips(sources, settings, frames_per_chunk)) as stream:
        for clip, wanting in agenda:
            read = _run_clip(stream, [job for job, _ in wanting], watcher)
            if read is None:
                for job in jobs:
                    job.outcome.finished = False
                return
            times, error = read
            for job, row in wanting:
                if error:
                    job.fail(clip, row, error)
                else:
                    job.finish(clip, row, times)


def _make_agenda(
    jobs: Sequence[Job], planned: Sequence[PlannedClip]
) -> list[tuple[PlannedClip, list[tuple[Job, int]]]]:
    """List the clips to run and, for each, the jobs that lack it and the row it has there."""
    rows = [job.store.clips() for job in jobs]
    agenda = []
    for clip in planned:
        wanting = [
            (job, row[clip.path])
            for job, row in zip(jobs, rows, strict=True)
            if row[clip.path] in job.todo
        ]
        if clip.error:
            for job, row in wanting:
                job.fail(clip, row, clip.error)
        elif wanting:
            agenda.append((clip, wanting))
    return agenda


def _run_clip(
    stream: Iterator[Chunk | ClipEnd], jobs: Sequence[Job], watcher: Watcher
) -> tuple[list[NDArray[np.float64]], str] | None:
    """Run the next clip; return its frames' times and what went wrong, None when told to stop."""
    times: list[NDArray[np.float64]] = []
    for item in stream:
        if isinstance(item, ClipEnd):
            return times, item.error
        if watcher.stop.is_set():
            break
        times.append(item.times)
        for job in jobs:
            watcher.frames(job.spec.name, job.embed(item))
    return None

"""Stage one: every frame of a cohort, with its variants, once through each backbone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lusscore.backbones import BackboneSpec, Weights, load_weights, with_levels
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.errors import FeatureFileError
from lusscore.features.computing.agenda import make_agenda
from lusscore.features.computing.elsewhere import compute_elsewhere
from lusscore.features.computing.engine_choice import EngineChoice, LazyEngine
from lusscore.features.computing.here import compute_here
from lusscore.features.computing.job import Job, Outcome
from lusscore.features.computing.worker_pools import open_pool
from lusscore.features.file.grow import describe_disk_error
from lusscore.features.file.layout import PlannedClip
from lusscore.features.file.lock import hold
from lusscore.features.file.store import FeatureStore
from lusscore.features.file.writer import Writer
from lusscore.features.media import index_media
from lusscore.features.plan import feature_path, media_path, plan_clips
from lusscore.features.prepare import prepare_file
from lusscore.features.speed import remember_speed
from lusscore.features.watcher import Watcher

IMAGES_PER_BATCH = 16


@dataclass(frozen=True)
class RunChoice:
    """How a run goes about its work; nothing here changes an embedding.

    Attributes
    ----------
    images_per_batch
        About how many images a backbone sees at once.
    workers
        Processes that compute clips; with 1, this process does.
    scheduler
        Address of a Dask scheduler whose workers compute clips instead.
    wait
        Wait for another process that writes the same file.
    strict
        End the run at the first clip that fails.
    """

    images_per_batch: int = IMAGES_PER_BATCH
    workers: int = 1
    scheduler: str | None = None
    wait: bool = False
    strict: bool = False


def extract_features(
    cohort: Cohort,
    specs: Sequence[BackboneSpec],
    features_dir: Path,
    *,
    weights_dir: Path | None = None,
    engine: EngineChoice | None = None,
    run: RunChoice | None = None,
    watcher: Watcher | None = None,
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
    run
        How to go about it.
    watcher
        Whom to tell.

    Raises
    ------
    BackboneError, WeightsError, EngineError
        If a backbone cannot run, or lacks a level that the card asks for.
    FeatureFileError
        If a feature file is damaged, held by another process, or cannot be written.
    ClipError
        If a clip fails and the run is strict.
    """
    engine, run, watcher = engine or EngineChoice(), run or RunChoice(), watcher or Watcher()
    settings = cohort.card.extraction
    specs = [with_levels(spec, settings.levels) for spec in specs]
    weights = [load_weights(spec, weights_dir) for spec in specs]
    media = index_media(cohort, media_path(features_dir, cohort), progress=watcher.media)
    planned = plan_clips(media, settings)
    with ExitStack() as stack:
        engines = stack.enter_context(ExitStack())
        found = [
            _Found(spec, held, feature_path(features_dir, cohort, spec.name))
            for spec, held in zip(specs, weights, strict=True)
        ]
        writer = Writer()
        try:
            # in the order of their names, so that two runs never wait for each other
            for path in sorted({each.path for each in found}):
                stack.enter_context(
                    hold(path, wait=run.wait, waiting=watcher.waiting, stop=watcher.stop)
                )
            jobs = [
                _open_job(each, planned, settings, engine, engines, writer, stack, watcher)
                for each in found
            ]
        except OSError as error:
            raise FeatureFileError(
                f"Feature files in {features_dir / cohort.name} cannot be written "
                f"({describe_disk_error(error)}); check permissions and the drive, or choose "
                "another --features-dir."
            ) from error
        started = time.perf_counter()
        with writer:
            agenda = make_agenda(jobs, planned, cohort, strict=run.strict)
            if not agenda:
                finished = True
            elif run.workers == 1 and run.scheduler is None:
                finished = compute_here(agenda, settings, run.images_per_batch, watcher)
            else:
                engines.close()  # the workers have their own
                with open_pool(run.workers, run.scheduler) as pool:
                    finished = compute_elsewhere(
                        agenda, settings, engine, run.images_per_batch, pool, watcher
                    )
        seconds = time.perf_counter() - started
        for job in jobs:
            job.outcome.finished = finished
            job.outcome.seconds = seconds
            job.outcome.images = job.outcome.frames * (1 + settings.variants)
        outcomes = [job.outcome for job in jobs]
        remember_speed(engine, [(job.spec, job.outcome) for job in jobs], run.workers)
        return outcomes


@dataclass(frozen=True)
class _Found:
    """A backbone, its weights and where its embeddings lie."""

    spec: BackboneSpec
    weights: Weights
    path: Path


def _open_job(
    found: _Found,
    planned: Sequence[PlannedClip],
    settings: ExtractionSettings,
    choice: EngineChoice,
    engines: ExitStack,
    writer: Writer,
    stack: ExitStack,
    watcher: Watcher,
) -> Job:
    """Bring a feature file to where computing can start."""
    spec, path = found.spec, found.path
    engine = LazyEngine(choice, spec, found.weights, engines)
    prepared = prepare_file(
        path, planned, spec, found.weights, settings, engine, precision=choice.precision
    )
    store = stack.enter_context(FeatureStore(path))
    job = Job(
        spec, found.weights, engine, store, writer, Outcome(spec.name, path), set(store.todo())
    )
    watcher.prepared(spec.name, prepared, sum(len(store.frames(clip)) for clip in job.todo))
    return job

"""Stage one: every frame of a cohort, with its variants, once through each backbone."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from lusscore.backbones import BackboneSpec, EngineChoice
from lusscore.cohort import Cohort
from lusscore.errors import ClipError
from lusscore.features.computing import (
    Callbacks,
    Task,
    keep_results,
    make_tasks,
    run_local,
    run_workers,
)
from lusscore.features.forecast import remember_speed
from lusscore.features.media import CACHE_NAME, Media, MediaIndex
from lusscore.features.parts import Gap
from lusscore.features.stock import Outcome, Stock, remember_weights
from lusscore.files import sweep
from lusscore.workers import open_pool

IMAGES_PER_BATCH = 16


@dataclass(frozen=True)
class RunChoice:
    """How a run goes about its work; nothing here changes an embedding.

    A backbone sees about `images_per_batch` images at once. Clips are computed by `workers`
    processes (1: by this one), or by those of the Dask `scheduler` at an address. A `strict` run
    ends at the first clip that fails. A `part` (k, n) computes only the k-th of n parts of the
    clips, counted from 1, and packs nothing; a run without it packs what all have computed.
    """

    images_per_batch: int = IMAGES_PER_BATCH
    workers: int = 1
    scheduler: str | None = None
    strict: bool = False
    part: tuple[int, int] | None = None


def extract_features(
    cohort: Cohort,
    specs: Sequence[BackboneSpec],
    features_dir: Path,
    *,
    weights_dir: Path | None = None,
    engine: EngineChoice | None = None,
    run: RunChoice | None = None,
    callbacks: Callbacks | None = None,
) -> list[Outcome]:
    """Compute the embeddings of a cohort that the cache lacks, and pack its feature files.

    Each clip is decoded once for all backbones. A clip that fails is recorded and passed over.
    Two runs at once divide the work: each looks again before each clip.

    Parameters
    ----------
    cohort, specs, features_dir
        Whose clips, by which backbones, and the folder of all feature files.
    weights_dir
        Folder of weights, None for the search order of :mod:`lusscore.backbones`.
    engine, run, callbacks
        How to execute the backbones, how to go about it, and progress callbacks.

    Raises
    ------
    BackboneError, WeightsError, EngineError
        If a backbone cannot run, or lacks a level that the card asks for.
    FeatureFileError, WriteError
        If something else has the name of a feature file, or the disk does not take a write.
    ClipError
        If a clip fails and the run is strict.
    """
    engine, run = engine or EngineChoice(), run or RunChoice()
    callbacks = callbacks or Callbacks()
    clips = cohort.clips() if run.part is None else cohort.clips()[run.part[0] - 1 :: run.part[1]]
    media = MediaIndex(cohort, features_dir).survey_all(callbacks.media, clips)
    stocks = [
        Stock.open(
            cohort, spec, features_dir, weights_dir=weights_dir, precision=engine.precision,
            media=media, download=True,
        )
        for spec in specs
    ]  # fmt: skip
    for stock in stocks:
        for sentence in _notes(stock):
            callbacks.note(sentence)
        if stock.weights is not None:
            remember_weights(features_dir, stock.weights)
    started = time.perf_counter()
    pending = _pending(cohort, media, stocks, run, callbacks)
    finished = True
    first = next(pending, None)
    if first is not None:
        sweep(features_dir / CACHE_NAME)
        sweep(features_dir / cohort.name)
        finished = _compute(chain([first], pending), cohort, engine, run, callbacks)
    for stock in stocks:
        stock.outcome.finished = finished
        _finish(stock, cohort, run, media)
        stock.outcome.seconds = time.perf_counter() - started
    outcomes = [stock.outcome for stock in stocks]
    remember_speed(engine, list(zip(specs, outcomes, strict=True)), run.workers)
    return outcomes


def _finish(stock: Stock, cohort: Cohort, run: RunChoice, media: Sequence[Media]) -> None:
    """List failures in manifest order, stop at one if the run is strict, and pack what is there."""
    outcome, order = stock.outcome, cohort.clips()
    outcome.failed = {clip: outcome.failed[clip] for clip in order if clip in outcome.failed}
    outcome.away = [clip for clip in order if clip in outcome.away]
    if run.strict and outcome.failed:
        clip, error = next(iter(outcome.failed.items()))
        raise ClipError(
            error.rstrip("."),
            advice="stopped here because of --strict; clips that were finished are kept",
            path=cohort.clip_path(clip),
        )
    if outcome.finished and run.part is None:
        stock.pack(media)


def _notes(stock: Stock) -> Iterator[str]:
    """Say what becomes of the feature file that is there, and what could not be asked."""
    name = stock.spec.name
    if stock.damage:
        yield f"{stock.path} is damaged; it is packed anew from the cache."
    if stock.changes:
        yield (
            f"{name}: settings changed ({'; '.join(stock.changes)}); what was computed with the "
            "earlier ones is kept in the cache."
        )
    if stock.weights is None:
        yield from stock.notes[:1]


def _compute(
    pending: Iterator[Task],
    cohort: Cohort,
    engine: EngineChoice,
    run: RunChoice,
    callbacks: Callbacks,
) -> bool:
    """Compute here or on workers; return False if the caller asked to stop."""
    settings, batch = cohort.card.extraction, run.images_per_batch
    if run.workers == 1 and run.scheduler is None:
        return keep_results(run_local(pending, settings, engine, batch), callbacks)
    with open_pool(run.workers, run.scheduler) as pool:
        return keep_results(run_workers(pending, settings, engine, batch, pool), callbacks)


def _pending(
    cohort: Cohort,
    media: Sequence[Media],
    stocks: Sequence[Stock],
    run: RunChoice,
    callbacks: Callbacks,
) -> Iterator[Task]:
    """Yield what is to be computed, looking again before each clip whether it still is.

    Clips come in an order of each run's own, so that two runs at once divide the work.
    """
    lacking = [0] * len(stocks)
    for done, one in enumerate(random.sample(media, len(media)), 1):
        if run.strict and any(stock.outcome.failed for stock in stocks):
            return
        found: list[tuple[Stock, Gap]] = []
        for number, stock in enumerate(stocks):
            gaps = _gaps(stock, one)
            lacking[number] += sum(len(gap.frames) for gap in gaps)
            # as many as in clips that were looked at, so far as is known
            about = lacking[number] + round(lacking[number] / done * (len(media) - done))
            callbacks.total(stock.spec.name, about)
            found += [(stock, gap) for gap in gaps]
        if found:
            clip = stocks[0].plan(one)
            yield from make_tasks(clip, cohort.clip_path(clip.path), found)


def _gaps(stock: Stock, media: Media) -> list[Gap]:
    """List what is missing of a clip; record why nothing can be done about it."""
    clip = stock.plan(media)
    gaps = stock.gaps(clip)
    if not media.error:
        return gaps
    if media.away and len(clip.frames) and not gaps:
        stock.outcome.away.append(clip.path)
    else:
        stock.outcome.failed[clip.path] = media.error
    return []

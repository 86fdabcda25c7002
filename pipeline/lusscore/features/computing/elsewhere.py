"""Computing clips on workers, with their results streamed to this process, the only writer."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from lusscore.backbones import Weights
from lusscore.cohort import ExtractionSettings
from lusscore.features.computing.agenda import Work
from lusscore.features.computing.clip_task import ClipResult, ClipTask
from lusscore.features.computing.engine_choice import EngineChoice
from lusscore.features.computing.worker_pools import Pool, WorkerDiedError
from lusscore.features.watcher import Watcher


def compute_elsewhere(
    agenda: Sequence[Work],
    settings: ExtractionSettings,
    choice: EngineChoice,
    images_per_batch: int,
    pool: Pool,
    watcher: Watcher,
) -> bool:
    """Run clips on workers; each clip is decoded once, by one worker.

    A worker that dies is replaced and its clips are done again. A clip that brings every worker
    down is recorded as failed.

    Returns
    -------
    bool
        False if the watcher asked to stop before the end.
    """
    choice = replace(
        choice,
        threads=choice.threads or pool.threads,
        cache=None if choice.cache is None else choice.cache.absolute(),
    )
    tasks = [
        ClipTask(
            number,
            work.clip,
            work.path.absolute(),
            settings,
            tuple((job.spec, _absolute(job.weights)) for job, _ in work.wanting),
            choice,
            images_per_batch,
        )
        for number, work in enumerate(agenda)
    ]
    with closing(_persist(tasks, pool)) as results:
        for result in results:
            if watcher.stop.is_set():
                return False
            _keep(agenda[result.number], result, watcher)
    return True


def _persist(tasks: Sequence[ClipTask], pool: Pool) -> Generator[ClipResult, None, None]:
    """Yield a result for every task, whatever happens to workers."""
    remaining = {task.number: task for task in tasks}
    while remaining:
        try:
            for result in pool.stream(list(remaining.values())):
                del remaining[result.number]
                yield result
        except WorkerDiedError:
            # The clip that did it, if one did, was among those under way.
            for task in list(remaining.values())[: 2 * pool.size]:
                del remaining[task.number]
                yield _alone(task, pool)


def _alone(task: ClipTask, pool: Pool) -> ClipResult:
    """Run a task with no other beside it, so that a worker's death can be laid at its door."""
    try:
        (result,) = pool.stream([task])
    except WorkerDiedError:
        error = (
            f"{task.path} brought down the worker that computed it, twice; it may be too large "
            "for the memory. Try it with fewer workers, or look at the clip."
        )
        return ClipResult(task.number, error=error)
    return result


def _keep(work: Work, result: ClipResult, watcher: Watcher) -> None:
    if result.times is not None:
        for (job, row), embeddings in zip(work.wanting, result.embeddings, strict=True):
            job.keep(work.clip, row, embeddings, result.times)
            watcher.frames(job.spec.name, len(embeddings))
    work.end(result.error)


def _absolute(weights: Weights) -> Weights:
    return replace(weights, path=Path(weights.path).absolute())

"""Computing clips in this process: decoding, networks and disk at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np
from joblib import cpu_count
from numpy.typing import NDArray

from lusscore.backbones import Result
from lusscore.cohort import ExtractionSettings
from lusscore.features.computing.agenda import Work
from lusscore.features.computing.job import Job
from lusscore.features.images.stream import Chunk, ClipEnd, stream_clips
from lusscore.features.watcher import Watcher

# One thread decodes and augments some 300 frames a second, which keeps this many cores busy.
_CORES_PER_READER = 4


def compute_here(
    agenda: Sequence[Work],
    settings: ExtractionSettings,
    images_per_batch: int,
    watcher: Watcher,
) -> bool:
    """Run clips through the backbones that lack them, each decoded once.

    Frames of the next clips are decoded while a network works on these, and embeddings are
    fetched only when the network has been given more to do.

    Returns
    -------
    bool
        False if the watcher asked to stop before the end.
    """
    sources = (
        (work.clip, work.path, [job.spec.input_size for job, _ in work.wanting]) for work in agenda
    )
    frames_per_chunk = max(1, images_per_batch // (1 + settings.variants))
    readers = max(1, cpu_count() // _CORES_PER_READER)
    steps: deque[Callable[[], None]] = deque()
    with closing(stream_clips(sources, settings, frames_per_chunk, readers=readers)) as stream:
        for work in agenda:
            for item in stream:
                if watcher.stop.is_set():
                    _take(steps, 0)
                    return False
                if isinstance(item, ClipEnd):
                    steps.append(_ending(work, item.error))
                    break
                for job, row in work.wanting:
                    steps.append(_keeping(work, job, row, item, watcher))
                _take(steps, 2 * len(work.wanting))
    _take(steps, 0)
    return True


def _take(steps: deque[Callable[[], None]], leave: int) -> None:
    """Do the oldest steps until `leave` are left."""
    while len(steps) > leave:
        steps.popleft()()


def _ending(work: Work, error: str) -> Callable[[], None]:
    return lambda: work.end(error)


def _keeping(work: Work, job: Job, row: int, chunk: Chunk, watcher: Watcher) -> Callable[[], None]:
    """Give a chunk to a network; return the step that keeps what comes out."""
    images = chunk.images[job.spec.input_size]
    result = job.engine().submit(flatten(images))

    def keep() -> None:
        job.keep(work.clip, row, unflatten(result, images), chunk.times)
        watcher.frames(job.spec.name, len(images))

    return keep


def flatten(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put the variants of all frames in a row: (frames × variants, height, width, 3)."""
    return images.reshape(-1, *images.shape[2:])


def unflatten(result: Result, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Fetch a result as (frames, variants, dim)."""
    return result().reshape(*images.shape[:2], -1)

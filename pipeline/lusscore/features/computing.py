"""Computing what the cache lacks: here, or on workers, one clip after another."""

from __future__ import annotations

import platform
import socket
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from joblib import cpu_count
from numpy.typing import NDArray

from lusscore import __version__
from lusscore.backbones import (
    DEFAULT_PRECISION,
    BackboneSpec,
    Engine,
    Weights,
    load_weights,
    open_engine,
)
from lusscore.cohort import ExtractionSettings
from lusscore.errors import EngineError, FeatureFileError, WeightsError
from lusscore.features.media import PlannedClip
from lusscore.features.parts import PART_BYTES, Block, Gap, Needs, PartStore
from lusscore.features.recipe import EMBEDDING, EXTRACTION_VERSION
from lusscore.features.stream import Chunk, ClipEnd, stream_clips
from lusscore.workers import Pool, WorkerDiedError

_VERSION = f"{__version__} (extraction {EXTRACTION_VERSION})"
# One thread decodes and augments some 300 frames a second, which keeps this many cores busy.
_CORES_PER_READER = 4
# parts that wait for the disk; when it is slower than the networks, they wait for it
_WAITING_PARTS = 4


@dataclass(frozen=True)
class EngineChoice:
    """How backbones are executed; of this, only the precision changes an embedding.

    Attributes
    ----------
    name
        ``"openvino"`` or ``"keras"``.
    device
        The engine's name of a device, None for its default.
    threads
        CPU threads, None for all cores.
    cache
        Folder for converted networks, None for none.
    precision
        Number format of the networks' arithmetic; see :data:`lusscore.backbones.PRECISIONS`.
    """

    name: str = "openvino"
    device: str | None = None
    threads: int | None = None
    cache: Path | None = None
    precision: str = DEFAULT_PRECISION

    def open(self, spec: BackboneSpec, weights: Weights) -> Engine:
        """Open the engine of a backbone."""
        return open_engine(
            self.name,
            spec,
            weights,
            device=self.device,
            threads=self.threads,
            cache=self.cache,
            precision=self.precision,
        )


@dataclass
class Outcome:
    """What stage one did for one backbone.

    Attributes
    ----------
    backbone
        Its name.
    path
        The feature file.
    clips, frames, images
        Computed in this run: clips, frames of them, and frames times variants.
    seconds
        From the first clip to the last write, of all backbones of the run together.
    failed
        Clips without embeddings and why.
    away
        Clips that cannot be opened now and whose embeddings are kept.
    finished
        False if the run was stopped before its end.
    packed
        Whether the feature file was written.
    """

    backbone: str
    path: Path
    clips: int = 0
    frames: int = 0
    images: int = 0
    seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)
    away: list[str] = field(default_factory=list)
    finished: bool = True
    packed: bool = False


@dataclass
class Job:
    """One backbone at work on a cohort."""

    spec: BackboneSpec
    weights: Weights
    needs: Needs
    store: PartStore
    outcome: Outcome


@dataclass(frozen=True)
class Work:
    """A clip to decode once, and what each backbone computes of it.

    Attributes
    ----------
    clip
        The clip, with the frames and variants that are to be computed.
    path
        Where it lies.
    wanted
        Jobs, each with the layers that it lacks.
    """

    clip: PlannedClip
    path: Path
    wanted: tuple[tuple[Job, tuple[str, ...]], ...]

    def backbones(self) -> Iterator[tuple[BackboneSpec, Weights]]:
        """Yield each backbone as it has to run: with the levels that are lacking."""
        for job, layers in self.wanted:
            levels = tuple(name for name in layers if name != EMBEDDING)
            yield replace(job.spec, levels=levels), job.weights


def divide_work(clip: PlannedClip, path: Path, gaps: Sequence[tuple[Job, Gap]]) -> list[Work]:
    """Make work of what jobs lack of a clip; those that lack the same frames share a decoding."""
    shared: dict[tuple[bytes, tuple[int, ...]], list[tuple[Job, Gap]]] = {}
    for job, gap in gaps:
        shared.setdefault((gap.frames.tobytes(), gap.variants), []).append((job, gap))
    return [
        Work(
            replace(clip, frames=same[0][1].frames, variants=same[0][1].variants),
            path,
            tuple((job, gap.layers) for job, gap in same),
        )
        for same in shared.values()
    ]


@dataclass(frozen=True)
class Callbacks:
    """What the caller hears while stage one runs.

    Attributes
    ----------
    media
        Called with (clips looked at, clips in all).
    total
        Called with (backbone, about how many frames it has to compute).
    frames
        Called with (backbone, number of frames just computed).
    note
        Called with sentences that the user should read.
    stop
        Set it to end after the write in hand.
    """

    media: Callable[[int, int], None] = lambda done, total: None
    total: Callable[[str, int], None] = lambda backbone, frames: None
    frames: Callable[[str, int], None] = lambda backbone, frames: None
    note: Callable[[str], None] = lambda sentence: None
    stop: threading.Event = field(default_factory=threading.Event)


class Keeper:
    """Keeps what networks computed as parts, in a thread of its own; a context manager.

    Raises
    ------
    FeatureFileError
        From :meth:`finish` and on leaving, once the disk has refused a write.
    """

    def __init__(self) -> None:
        self._disk = ThreadPoolExecutor(1, "lusscore-write")
        self._writes: deque[Future[None]] = deque()

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._disk.shutdown()
        if error is None:
            self._wait(0)

    def write(self, job: Job, clip: PlannedClip, block: Block) -> None:
        """Write some rows of a clip."""
        self._wait(_WAITING_PARTS)
        self._writes.append(self._disk.submit(job.store.write, clip.digest, block))

    def finish(self, job: Job, clip: PlannedClip) -> None:
        """Count a clip that is written, or will be before the run ends."""
        self._wait(_WAITING_PARTS)
        job.outcome.clips += 1
        job.outcome.frames += len(clip.frames)
        job.outcome.images += len(clip.frames) * len(clip.variants or ())

    def _wait(self, leave: int) -> None:
        while len(self._writes) > leave:
            try:
                self._writes.popleft().result()
            except OSError as error:
                raise FeatureFileError(
                    f"Writing embeddings failed ({error.strerror or error}); free space or check "
                    "the drive and run this again: every finished clip is kept."
                ) from error


class _Gathering:
    """What one backbone has computed of the clip in hand."""

    def __init__(self, job: Job, clip: PlannedClip, layers: tuple[str, ...], keeper: Keeper):
        self._job, self._clip, self._keeper = job, clip, keeper
        self._layers = {name: job.needs.layers[name] for name in layers}
        self._skipped = 0 if EMBEDDING in layers else job.spec.embedding_size
        self._rows: list[NDArray[Any]] = []
        self._times: list[NDArray[np.float64]] = []
        self._done, self._made_by = 0, ""
        self.error = ""

    @property
    def backbone(self) -> str:
        return self._job.spec.name

    def add(self, embeddings: NDArray[Any], times: NDArray[np.float64], made_by: str) -> None:
        """Take the next rows, (frames, variants, width of the network's answer), and seconds."""
        if self.error:
            return
        computed = embeddings[..., self._skipped :]
        with np.errstate(over="ignore"):
            stored = computed.astype(self._job.needs.dtype)
        if not np.isfinite(stored).all():
            self.error = self._beyond(computed, stored)
            return
        self._rows.append(stored)
        self._times.append(times)
        self._made_by = made_by
        if sum(rows.nbytes for rows in self._rows) >= PART_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand what there is to the disk."""
        if self.error or not self._rows:
            return
        rows = np.concatenate(self._rows)
        times = np.concatenate(self._times).astype(np.float32)
        frames = self._clip.frames[self._done : self._done + len(rows)]
        variants, needs = self._clip.variants or (), self._job.needs
        block = Block(
            frames, times, variants, needs.augmentation, self._layers, rows, self._made_by
        )
        self._keeper.write(self._job, self._clip, block)
        self._done += len(rows)
        self._rows, self._times = [], []

    def end(self, error: str) -> None:
        """End the clip: with all its rows, or with the reason why not."""
        error = error or self.error
        if error:
            self._job.outcome.failed[self._clip.path] = error
        else:
            self.flush()
            self._keeper.finish(self._job, self._clip)

    def _beyond(self, computed: NDArray[Any], stored: NDArray[Any]) -> str:
        """Say which layers hold what cannot be stored."""
        found, start = [], 0
        for name, size in self._layers.items():
            if not np.isfinite(stored[..., start : start + size]).all():
                found.append(name)
            start += size
        where = "" if EMBEDDING in found else f" (levels {', '.join(found)})"
        beyond = "float16 holds" if np.isfinite(computed).all() else "can be computed with"
        return (
            f"{self._clip.path} has embeddings{where} beyond what {beyond}; check the weights of "
            f'{self._job.spec.name}, or set dtype = "float32" in the card.'
        )


def compute_here(
    source: Iterable[Work],
    settings: ExtractionSettings,
    choice: EngineChoice,
    images_per_batch: int,
    keeper: Keeper,
    callbacks: Callbacks,
) -> bool:
    """Run clips through the backbones that lack them, in this process.

    Returns
    -------
    bool
        False if the caller asked to stop before the end.
    """
    works: deque[Work] = deque()

    def clips() -> Iterator[_Clip]:
        for work in source:
            works.append(work)
            yield work.clip, work.path, tuple(work.backbones())

    readers = max(1, cpu_count() // _CORES_PER_READER)
    with _Engines(choice) as engines:
        rows = _embed(clips(), settings, images_per_batch, engines, readers)
        gathering: list[_Gathering] = []
        with closing(rows):
            for item in rows:
                if callbacks.stop.is_set():
                    return False
                gathering = gathering or [_Gathering(*one, keeper) for one in _per_job(works[0])]
                if isinstance(item, ClipEnd):
                    works.popleft()
                    for one in gathering:
                        one.end(item.error)
                    gathering = []
                    continue
                for one, embeddings, made_by in zip(
                    gathering, item.embeddings, item.made_by, strict=True
                ):
                    one.add(embeddings, item.times, made_by)
                    callbacks.frames(one.backbone, len(item.times))
    return True


def _per_job(work: Work) -> Iterator[tuple[Job, PlannedClip, tuple[str, ...]]]:
    for job, layers in work.wanted:
        yield job, work.clip, layers


_Clip = tuple[PlannedClip, Path, tuple[tuple[BackboneSpec, Weights], ...]]


@dataclass(frozen=True)
class _Rows:
    """Some frames of a clip: per backbone (frames, variants, width), seconds, and by what."""

    embeddings: tuple[NDArray[np.float32], ...]
    times: NDArray[np.float64]
    made_by: tuple[str, ...]


def _embed(
    clips: Iterable[_Clip],
    settings: ExtractionSettings,
    images_per_batch: int,
    engines: _Engines,
    readers: int = 1,
) -> Generator[_Rows | ClipEnd, None, None]:
    """Decode each clip once and yield what its networks say of its frames, then its end.

    Frames of the next clips are decoded while a network works on these, and embeddings are
    fetched only when the network has been given more to do.
    """
    wanted: deque[tuple[tuple[BackboneSpec, Weights], ...]] = deque()

    def sources() -> Iterator[tuple[PlannedClip, Path, list[tuple[int, int]]]]:
        for clip, path, backbones in clips:
            wanted.append(backbones)
            yield clip, path, [spec.input_size for spec, _ in backbones]

    frames = max(1, images_per_batch // (1 + settings.variants))
    asked: deque[Callable[[], _Rows | ClipEnd]] = deque()
    with closing(stream_clips(sources(), settings, frames, readers=readers)) as stream:
        for item in stream:
            if isinstance(item, ClipEnd):
                wanted.popleft()
                asked.append(partial(_same, item))
            else:
                asked.append(_ask(item, wanted[0], engines))
            while len(asked) > 2:
                yield asked.popleft()()
        while asked:
            yield asked.popleft()()


def _same(item: ClipEnd) -> ClipEnd:
    return item


def _ask(
    chunk: Chunk, backbones: Sequence[tuple[BackboneSpec, Weights]], engines: _Engines
) -> Callable[[], _Rows]:
    """Give a chunk to networks; return what waits for their answers."""
    opened = [engines(*backbone) for backbone in backbones]
    images = [chunk.images[spec.input_size] for spec, _ in backbones]
    results = [
        engine.submit(one.reshape(-1, *one.shape[2:]))
        for engine, one in zip(opened, images, strict=True)
    ]

    def fetch() -> _Rows:
        embeddings = tuple(
            result().reshape(*one.shape[:2], -1)
            for result, one in zip(results, images, strict=True)
        )
        return _Rows(embeddings, chunk.times, tuple(map(_describe, opened)))

    return fetch


class _Engines:
    """Engines that are open, each opened when it is first asked for; a context manager."""

    def __init__(self, choice: EngineChoice) -> None:
        self._choice = choice
        self._opened: dict[object, Engine] = {}

    def __enter__(self) -> _Engines:
        return self

    def __exit__(self, *exception: object) -> None:
        for engine in self._opened.values():
            engine.close()

    def __call__(self, spec: BackboneSpec, weights: Weights) -> Engine:
        key = (spec, weights.digest)
        if key not in self._opened:
            self._opened[key] = self._choice.open(spec, _weights_here(spec, weights))
        return self._opened[key]


def _describe(engine: Engine) -> str:
    """Name engine, versions and processor: ``openvino (openvino 2026.1.0) on x86_64 …``."""
    versions = ", ".join(f"{package} {number}" for package, number in engine.versions.items())
    return f"{engine.name} ({versions}) on {_processor()}"


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@dataclass(frozen=True)
class ClipTask:
    """A clip, and everything a worker needs to compute its embeddings.

    Attributes
    ----------
    number
        Names the task in its result.
    clip, path
        The clip and where it lies, as an absolute path that the worker can open.
    settings
        Of stage one.
    backbones
        Specs and weights of the backbones wanted.
    choice
        How to execute them.
    images_per_batch
        About how many images a backbone sees at once.
    version
        Of the code that asks; the code that computes must be the same.
    """

    number: int
    clip: PlannedClip
    path: Path
    settings: ExtractionSettings
    backbones: tuple[tuple[BackboneSpec, Weights], ...]
    choice: EngineChoice
    images_per_batch: int
    version: str = _VERSION


@dataclass(frozen=True)
class ClipResult:
    """What came of a task.

    Attributes
    ----------
    number
        That of the task.
    embeddings
        Per backbone, in the task's order: float16 or float32, shape (frames, variants, width).
    times
        Seconds, shape (frames,).
    error
        Why there are none; else empty.
    made_by
        Per backbone, engine and processor.
    """

    number: int
    embeddings: tuple[NDArray[Any], ...] = ()
    times: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    error: str = ""
    made_by: tuple[str, ...] = ()


# Engines stay open between the clips of a worker; each of its threads has its own.
_local = threading.local()


def compute_clip(task: ClipTask) -> ClipResult:
    """Decode a clip once and run it through the backbones wanted; runs on a worker.

    Embeddings come back in the type in which they are stored, so that no more than needed
    travels. A clip that cannot be read comes back as an error.

    Raises
    ------
    LusscoreError
        If a backbone cannot run on this worker.
    """
    if task.version != _VERSION:
        raise EngineError(
            f"The worker {socket.gethostname()} has lusscore {_VERSION}, but the run is of "
            f"{task.version}; install the same version on both."
        )
    engines = _local.__dict__.setdefault("engines", {})
    opened = engines.setdefault(task.choice, _Engines(task.choice))
    clip = (task.clip, task.path, task.backbones)
    found: list[_Rows] = []
    with closing(_embed([clip], task.settings, task.images_per_batch, opened)) as rows:
        for item in rows:
            if not isinstance(item, ClipEnd):
                kept = tuple(_stored(one, task.settings.dtype) for one in item.embeddings)
                found.append(replace(item, embeddings=kept))
            elif item.error:
                return ClipResult(task.number, error=item.error)
    return ClipResult(
        task.number,
        tuple(
            np.concatenate(rows) for rows in zip(*(one.embeddings for one in found), strict=True)
        ),
        np.concatenate([one.times for one in found]),
        made_by=found[0].made_by,
    )


def _stored(embeddings: NDArray[np.float32], dtype: str) -> NDArray[Any]:
    """Return embeddings in the stored type, unless that would lose one to infinity."""
    with np.errstate(over="ignore"):
        stored = embeddings.astype(dtype)
    return stored if np.isfinite(stored).all() else embeddings


def _weights_here(spec: BackboneSpec, weights: Weights) -> Weights:
    """Return the weights where this machine has them: the same path, or its own search."""
    if weights.path.is_file():
        return weights
    found = load_weights(spec, download=False)
    if found.digest != weights.digest:
        raise WeightsError(
            f"The weights of {spec.name} on worker {socket.gethostname()} ({found.path}) are not "
            "those of the run; put the same file there, or on a path that both see."
        )
    return found


def compute_on_workers(
    source: Iterable[Work],
    settings: ExtractionSettings,
    choice: EngineChoice,
    images_per_batch: int,
    pool: Pool,
    keeper: Keeper,
    callbacks: Callbacks,
) -> bool:
    """Run clips on workers, which return arrays; this process writes them.

    A worker that dies is replaced and its clips are done again. A clip that brings every worker
    down is recorded as failed.

    Returns
    -------
    bool
        False if the caller asked to stop before the end.
    """
    cache = None if choice.cache is None else choice.cache.absolute()
    choice = replace(choice, threads=choice.threads or pool.threads, cache=cache)
    works: dict[int, Work] = {}
    given: dict[int, ClipTask] = {}

    def tasks() -> Iterator[ClipTask]:
        for number, work in enumerate(source):
            backbones = tuple((spec, _absolute(own)) for spec, own in work.backbones())
            task = ClipTask(
                number, work.clip, work.path.absolute(), settings, backbones, choice,
                images_per_batch,
            )  # fmt: skip
            works[number], given[number] = work, task
            yield task

    with closing(_persist(tasks(), given, pool)) as results:
        for result in results:
            work = works.pop(result.number)
            if callbacks.stop.is_set():
                return False
            _keep(work, result, keeper, callbacks)
    return True


def _persist(
    tasks: Iterator[ClipTask], given: dict[int, ClipTask], pool: Pool
) -> Generator[ClipResult, None, None]:
    """Yield a result for every task, whatever happens to workers.

    `given` has the tasks that were taken from `tasks`; those with a result leave it.
    """
    while True:
        try:
            for result in pool.stream(compute_clip, tasks):
                del given[result.number]
                yield result
            return
        except WorkerDiedError:
            # The clip that did it, if one did, was among those under way.
            for number in list(given):
                yield _alone(given.pop(number), pool)


def _alone(task: ClipTask, pool: Pool) -> ClipResult:
    """Run a task with no other beside it, so that a worker's death can be laid at its door."""
    try:
        (result,) = pool.stream(compute_clip, [task])
    except WorkerDiedError:
        error = (
            f"{task.path} brought down the worker that computed it, twice; it may be too large "
            "for the memory. Try it with fewer workers, or look at the clip."
        )
        return ClipResult(task.number, error=error)
    return result


def _keep(work: Work, result: ClipResult, keeper: Keeper, callbacks: Callbacks) -> None:
    for number, (job, clip, layers) in enumerate(_per_job(work)):
        one = _Gathering(job, clip, layers, keeper)
        if not result.error:
            one.add(result.embeddings[number], result.times, result.made_by[number])
            callbacks.frames(job.spec.name, len(clip.frames))
        one.end(result.error)


def _absolute(weights: Weights) -> Weights:
    return replace(weights, path=Path(weights.path).absolute())

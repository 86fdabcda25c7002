"""Computing what the cache lacks: in this process or on workers, one clip after another."""

from __future__ import annotations

import platform
import socket
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from joblib import cpu_count
from numpy.typing import NDArray

from lusscore import __version__
from lusscore.backbones import BackboneSpec, Engine, EngineChoice, Weights, load_weights
from lusscore.cohort import ExtractionSettings
from lusscore.errors import EngineError, WeightsError
from lusscore.features.images import Chunk, ClipEnd, stream_clips
from lusscore.features.media import PlannedClip
from lusscore.features.parts import PART_BYTES, Block, Gap
from lusscore.features.recipe import EMBEDDING, EXTRACTION_VERSION
from lusscore.features.stock import Stock
from lusscore.workers import Pool, WorkerDiedError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_VERSION = f"{__version__} (extraction {EXTRACTION_VERSION})"
# One thread decodes and augments some 300 frames a second, which keeps this many cores busy.
_CORES_PER_READER = 4
# what a network is given before the first answer is fetched, so that it never waits
_CHUNKS_IN_FLIGHT = 2


@dataclass(frozen=True)
class Callbacks:
    """Progress callbacks of stage one.

    `media` is called with (clips looked at, clips in all), `total` with (backbone, about how many
    frames it has to compute), `frames` with (backbone, number of frames just computed) and `note`
    with sentences that the user should read. Set `stop` to end after the write in hand.
    """

    media: Callable[[int, int], None] = lambda done, total: None
    total: Callable[[str, int], None] = lambda backbone, frames: None
    frames: Callable[[str, int], None] = lambda backbone, frames: None
    note: Callable[[str], None] = lambda sentence: None
    stop: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def on_bars(
        cls, bars: Progress, looking: str, note: Callable[[str], None], stop: threading.Event
    ) -> Callbacks:
        """Drive progress bars: one of clips, called `looking`, and one of frames per backbone."""
        clips = bars.add_task(looking, total=None, unit="clips")
        tasks: dict[str, TaskID] = {}

        def total(backbone: str, frames: int) -> None:
            if backbone not in tasks:
                tasks[backbone] = bars.add_task(backbone, total=frames, unit="frames")
            # set by update() a total forgets the rate, and this estimate changes often
            next(task for task in bars.tasks if task.id == tasks[backbone]).total = frames

        return cls(
            media=lambda done, total: bars.update(clips, completed=done, total=total),
            total=total,
            frames=lambda backbone, frames: bars.advance(tasks[backbone], frames),
            note=note,
            stop=stop,
        )


@dataclass(frozen=True)
class Order:
    """A clip to decode once, and the networks that see it; can be sent to a worker."""

    clip: PlannedClip
    path: Path
    networks: tuple[tuple[BackboneSpec, Weights], ...]


@dataclass(frozen=True)
class Task:
    """An order, and for each of its networks the stock and the layers that it lacks."""

    order: Order
    lacking: tuple[tuple[Stock, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Rows:
    """Some frames of a clip: per network (frames, variants, width), seconds, and what made it."""

    embeddings: tuple[NDArray[Any], ...]
    times: NDArray[np.float64]
    made_by: tuple[str, ...]


# of a task: some rows of its clip, or its end, or both
Results: TypeAlias = Generator[tuple[Task, "Rows | None", "ClipEnd | None"], None, None]


def make_tasks(clip: PlannedClip, path: Path, gaps: Sequence[tuple[Stock, Gap]]) -> Iterator[Task]:
    """Make tasks of what is missing; backbones that lack the same frames share a decoding."""
    shared: dict[tuple[bytes, tuple[int, ...]], list[tuple[Stock, Gap]]] = {}
    for stock, gap in gaps:
        shared.setdefault((gap.frames.tobytes(), gap.variants), []).append((stock, gap))
    for same in shared.values():
        networks = []
        for stock, gap in same:
            levels = tuple(name for name in gap.layers if name != EMBEDDING)
            if stock.weights is None:
                raise WeightsError(
                    f"Weights of {stock.spec.name} are needed now: a clip changed while it was "
                    "looked at. Run this again."
                )
            networks.append((replace(stock.spec, levels=levels), stock.weights))
        part = replace(clip, frames=gap.frames, variants=gap.variants)
        lacking = tuple((stock, own.layers) for stock, own in same)
        yield Task(Order(part, path, tuple(networks)), lacking)


def keep_results(results: Results, callbacks: Callbacks) -> bool:
    """Write what networks computed as parts; return False if the caller stopped it."""
    with closing(results):
        clip: list[_ClipParts] = []
        for task, rows, end in results:
            if callbacks.stop.is_set():
                return False
            clip = clip or [_ClipParts(task.order.clip, *own) for own in task.lacking]
            for number, one in enumerate(clip):
                if rows is not None:
                    one.add(rows.embeddings[number], rows.times, rows.made_by[number])
                    callbacks.frames(task.order.networks[number][0].name, len(rows.times))
                if end is not None:
                    one.end(end.error)
            if end is not None:
                clip = []
    return True


class _ClipParts:
    """What one backbone has computed of the clip in hand, on its way into parts."""

    def __init__(self, clip: PlannedClip, stock: Stock, layers: tuple[str, ...]) -> None:
        self._stock, self._clip = stock, clip
        self._layers = {name: stock.needs.layers[name] for name in layers}
        self._skipped = 0 if EMBEDDING in layers else stock.spec.embedding_size
        self._rows: list[NDArray[Any]] = []
        self._times: list[NDArray[np.float64]] = []
        self._done, self._made_by, self._error = 0, "", ""

    def add(self, embeddings: NDArray[Any], times: NDArray[np.float64], made_by: str) -> None:
        if self._error:
            return
        computed = embeddings[..., self._skipped :]
        stored = _stored(computed, self._stock.needs.dtype)
        if stored is None:
            self._error = self._beyond(computed)
            return
        self._rows.append(stored)
        self._times.append(times)
        self._made_by = made_by
        if sum(rows.nbytes for rows in self._rows) >= PART_BYTES:
            self._flush()

    def end(self, error: str) -> None:
        outcome, clip = self._stock.outcome, self._clip
        if error or self._error:
            outcome.failed[clip.path] = error or self._error
            return
        if self._rows:
            self._flush()
        outcome.clips += 1
        outcome.frames += len(clip.frames)
        outcome.images += len(clip.frames) * len(clip.variants or ())

    def _flush(self) -> None:
        rows = np.concatenate(self._rows)
        block = Block(
            self._clip.frames[self._done : self._done + len(rows)],
            np.concatenate(self._times).astype(np.float32),
            self._clip.variants or (),
            self._stock.needs.augmentation,
            self._layers,
            rows,
            self._made_by,
        )
        self._stock.store.write(self._clip.digest, block)
        self._done += len(rows)
        self._rows, self._times = [], []

    def _beyond(self, computed: NDArray[Any]) -> str:
        """Say which layers hold what cannot be stored."""
        dtype, edges = self._stock.needs.dtype, np.cumsum([*self._layers.values()])[:-1]
        layers = zip(self._layers, np.split(computed, edges, axis=-1), strict=True)
        found = [name for name, values in layers if _stored(values, dtype) is None]
        where = "" if EMBEDDING in found else f" (levels {', '.join(found)})"
        beyond = "float16 holds" if np.isfinite(computed).all() else "can be computed with"
        return (
            f"The clip has embeddings{where} beyond what {beyond}; check the weights of "
            f'{self._stock.spec.name}, or set dtype = "float32" in the card.'
        )


def _stored(embeddings: NDArray[Any], dtype: str) -> NDArray[Any] | None:
    """Return embeddings in the stored type, None where that would lose one to infinity."""
    with np.errstate(over="ignore"):
        stored = embeddings.astype(dtype, copy=False)
    return stored if np.isfinite(stored).all() else None


def run_local(
    pending: Iterable[Task],
    settings: ExtractionSettings,
    engine: EngineChoice,
    images_per_batch: int,
) -> Results:
    """Run clips through the backbones that lack them, in this process."""
    queue: deque[Task] = deque()

    def orders() -> Iterator[Order]:
        for task in pending:
            queue.append(task)
            yield task.order

    readers = max(1, cpu_count() // _CORES_PER_READER)
    with (
        _Engines(engine) as engines,
        closing(_embed(orders(), settings, images_per_batch, engines, readers)) as answers,
    ):
        for answer in answers:
            if isinstance(answer, Rows):
                yield queue[0], answer, None
            else:
                yield queue.popleft(), None, answer


def _embed(
    orders: Iterable[Order],
    settings: ExtractionSettings,
    images_per_batch: int,
    engines: _Engines,
    readers: int = 1,
) -> Generator[Rows | ClipEnd, None, None]:
    """Decode each clip once and yield what its networks say of its frames, then its end.

    Frames of the next clips are decoded while a network works on these, and embeddings are
    fetched only when the network has been given more to do.
    """
    wanted: deque[Order] = deque()

    def sources() -> Iterator[tuple[PlannedClip, Path, list[tuple[int, int]]]]:
        for order in orders:
            wanted.append(order)
            yield order.clip, order.path, [spec.input_size for spec, _ in order.networks]

    frames = max(1, images_per_batch // (1 + settings.variants))
    asked: deque[Callable[[], Rows] | ClipEnd] = deque()
    with closing(stream_clips(sources(), settings, frames, readers=readers)) as stream:
        for item in stream:
            if isinstance(item, ClipEnd):
                wanted.popleft()
            asked.append(item if isinstance(item, ClipEnd) else _ask(item, wanted[0], engines))
            while sum(not isinstance(one, ClipEnd) for one in asked) > _CHUNKS_IN_FLIGHT:
                first = asked.popleft()
                yield first if isinstance(first, ClipEnd) else first()
        for last in asked:
            yield last if isinstance(last, ClipEnd) else last()


def _ask(chunk: Chunk, order: Order, engines: _Engines) -> Callable[[], Rows]:
    """Give a chunk to networks; return what waits for their answers."""
    opened = [engines(*network) for network in order.networks]
    images = [chunk.images[spec.input_size] for spec, _ in order.networks]
    results = [
        engine.submit(one.reshape(-1, *one.shape[2:]))
        for engine, one in zip(opened, images, strict=True)
    ]

    def fetch() -> Rows:
        pairs = zip(results, images, strict=True)
        embeddings = tuple(result().reshape(*one.shape[:2], -1) for result, one in pairs)
        return Rows(embeddings, chunk.times, tuple(map(_describe, opened)))

    return fetch


class _Engines(ExitStack):
    """Engines that are open, each opened when it is first asked for."""

    def __init__(self, choice: EngineChoice) -> None:
        super().__init__()
        self._choice = choice
        self._opened: dict[object, Engine] = {}

    def __call__(self, spec: BackboneSpec, weights: Weights) -> Engine:
        key = (spec, weights.digest)
        if key not in self._opened:
            engine = self._choice.open(spec, _weights_here(spec, weights))
            self._opened[key] = self.enter_context(engine)
        return self._opened[key]


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


def _describe(engine: Engine) -> str:
    """Name engine, versions and processor: ``openvino (openvino 2026.1.0) on AMD EPYC …``."""
    versions = ", ".join(f"{package} {number}" for package, number in engine.versions.items())
    return f"{engine.name} ({versions}) on {_processor()}"


@cache
def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


# Engines stay open between the clips of a worker; each of its threads has its own.
_local = threading.local()


def compute_clip(
    numbered: tuple[int, Order],
    settings: ExtractionSettings,
    choice: EngineChoice,
    images_per_batch: int,
    version: str = _VERSION,
) -> tuple[int, Rows | ClipEnd]:
    """Decode a clip once and run it through its networks; runs on a worker.

    Embeddings come back in the type in which they are stored, so that no more than needed
    travels. A clip that cannot be read comes back as its end, with the error. LusscoreError if
    a backbone cannot run on this worker.
    """
    if version != _VERSION:
        raise EngineError(
            f"The worker {socket.gethostname()} has lusscore {_VERSION}, but the run is of "
            f"{version}; install the same version on both."
        )
    engines = _local.__dict__.setdefault("engines", {}).setdefault(choice, _Engines(choice))
    number, order = numbered
    found: list[Rows] = []
    with closing(_embed([order], settings, images_per_batch, engines)) as answers:
        for item in answers:
            if isinstance(item, ClipEnd):
                if item.error:
                    return number, item
                break
            pairs = [(_stored(one, settings.dtype), one) for one in item.embeddings]
            kept = tuple(computed if stored is None else stored for stored, computed in pairs)
            found.append(replace(item, embeddings=kept))
    embeddings = zip(*(one.embeddings for one in found), strict=True)
    times = np.concatenate([one.times for one in found])
    return number, Rows(tuple(map(np.concatenate, embeddings)), times, found[0].made_by)


def run_workers(
    pending: Iterable[Task],
    settings: ExtractionSettings,
    engine: EngineChoice,
    images_per_batch: int,
    pool: Pool,
) -> Results:
    """Run clips on workers, which return arrays.

    A worker that dies is replaced and its clips are done again. A clip that brings every worker
    down ends with an error.
    """
    folder = None if engine.cache is None else engine.cache.absolute()
    engine = replace(engine, threads=engine.threads or pool.threads, cache=folder)
    compute = partial(
        compute_clip, settings=settings, choice=engine, images_per_batch=images_per_batch
    )
    tasks: dict[int, Task] = {}

    def orders() -> Iterator[tuple[int, Order]]:
        for number, task in enumerate(pending):
            tasks[number] = task
            yield number, _absolute(task.order)

    def persist() -> Generator[tuple[int, Rows | ClipEnd], None, None]:
        remaining = orders()
        while True:
            try:
                yield from pool.stream(compute, remaining)
                return
            except WorkerDiedError:
                # The clip that did it, if one did, was among those under way.
                for number in list(tasks):
                    yield _alone((number, _absolute(tasks[number].order)), compute, pool)

    with closing(persist()) as results:
        for number, result in results:
            if isinstance(result, Rows):
                yield tasks.pop(number), result, ClipEnd()
            else:
                yield tasks.pop(number), None, result


def _alone(
    numbered: tuple[int, Order],
    compute: Callable[[tuple[int, Order]], tuple[int, Rows | ClipEnd]],
    pool: Pool,
) -> tuple[int, Rows | ClipEnd]:
    """Compute a clip with no other beside it, to know whether it kills its worker."""
    try:
        (result,) = pool.stream(compute, [numbered])
    except WorkerDiedError:
        return numbered[0], ClipEnd(
            "The worker that computed the clip died, twice; the clip may need more memory than "
            "there is. Use fewer workers, or check the clip."
        )
    return result


def _absolute(order: Order) -> Order:
    """Return an order whose paths another process can open."""
    networks = tuple(
        (spec, replace(weights, path=Path(weights.path).absolute()))
        for spec, weights in order.networks
    )
    return Order(order.clip, order.path.absolute(), networks)

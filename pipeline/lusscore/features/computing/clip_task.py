"""One clip as a worker computes it: a plain task in, a plain result out."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore import __version__
from lusscore.backbones import BackboneSpec, Engine, Weights, load_weights
from lusscore.cohort import ExtractionSettings
from lusscore.errors import EngineError, WeightsError
from lusscore.features.computing.engine_choice import EngineChoice
from lusscore.features.computing.here import flatten, unflatten
from lusscore.features.file.layout import PlannedClip
from lusscore.features.fingerprint import EXTRACTION_VERSION
from lusscore.features.images.stream import ClipEnd, stream_clips

_VERSION = f"{__version__} (extraction {EXTRACTION_VERSION})"


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
        Per backbone, in the task's order: float16 or float32, shape (frames, variants, dim).
    times
        Seconds, shape (frames,).
    error
        Why there are none; else empty.
    """

    number: int
    embeddings: tuple[NDArray[np.floating[Any]], ...] = ()
    times: NDArray[np.float64] | None = None
    error: str = ""


def compute_clip(task: ClipTask) -> ClipResult:
    """Decode a clip once and run it through the backbones wanted.

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
    engines = [_engine(task.choice, spec, weights) for spec, weights in task.backbones]
    sizes = [spec.input_size for spec, _ in task.backbones]
    frames = max(1, task.images_per_batch // (1 + task.settings.variants))
    chunks: list[list[NDArray[np.floating[Any]]]] = [[] for _ in engines]
    times = []
    with closing(stream_clips([(task.clip, task.path, sizes)], task.settings, frames)) as stream:
        for item in stream:
            if isinstance(item, ClipEnd):
                if item.error:
                    return ClipResult(task.number, error=item.error)
                break
            images = [item.images[size] for size in sizes]
            results = [
                engine.submit(flatten(given)) for engine, given in zip(engines, images, strict=True)
            ]
            for kept, result, given in zip(chunks, results, images, strict=True):
                kept.append(_stored(unflatten(result, given), task.settings.dtype))
            times.append(item.times)
    return ClipResult(
        task.number, tuple(np.concatenate(kept) for kept in chunks), np.concatenate(times)
    )


def _stored(embeddings: NDArray[np.float32], dtype: str) -> NDArray[np.floating[Any]]:
    """Return embeddings in the stored type, unless that would lose one to infinity."""
    with np.errstate(over="ignore"):
        stored = embeddings.astype(dtype)
    return stored if np.isfinite(stored).all() else embeddings


# Engines stay open between the clips of a worker; each of its threads has its own.
_local = threading.local()


def _engine(choice: EngineChoice, spec: BackboneSpec, weights: Weights) -> Engine:
    opened: dict[object, Engine] = _local.__dict__.setdefault("engines", {})
    key = (choice, spec, weights.digest)
    if key not in opened:
        opened[key] = choice.open(spec, _weights_here(spec, weights))
    return opened[key]


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

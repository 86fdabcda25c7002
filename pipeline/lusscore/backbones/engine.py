"""Engines: what executes a backbone, which there are, and how frames reach them in batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights
from lusscore.errors import EngineError
from lusscore.registry import Registry

DEFAULT_PRECISION = "f32"
# f32 is the reference; the others are faster where the hardware has them and change embeddings
PRECISIONS = (DEFAULT_PRECISION, "bf16", "f16")
# more images at once are not faster on a CPU and take more memory
MAXIMUM_BATCH = 16

Images = NDArray[np.uint8]
Embeddings = NDArray[np.float32]
# waits for embeddings that were asked for and returns them
Result = Callable[[], Embeddings]
AnyEngine = TypeVar("AnyEngine", bound="Engine")


class Engine(Protocol):
    """A backbone, ready to turn frames into embeddings; a context manager that closes it.

    Attributes
    ----------
    name
        The registered name of the engine.
    versions
        Which software computes the embeddings: version by package.
    """

    name: str
    versions: dict[str, str]

    def embed(self, images: Images) -> Embeddings:
        """Return the embeddings of `images`, which stay as they are.

        Parameters
        ----------
        images
            ndarray of uint8, shape (n, height, width, 3), RGB, n at least 1, of the backbone's
            input size. Preprocessing is the engine's work.

        Returns
        -------
        ndarray of float32, shape (n, ``spec.width``)
            A new array: embeddings, and behind each its levels. How the images are divided
            between calls changes no value by more than float32 rounding.

        Raises
        ------
        ValueError
            If the array has another type or shape.
        """
        ...

    def submit(self, images: Images) -> Result:
        """Ask for the embeddings of `images`; the callable returned waits for them, once.

        Engines that cannot compute in the background compute at once. An engine is used from
        one thread. `images` must not change until the result was fetched.
        """
        ...

    def close(self) -> None:
        """Let go of the network's memory; the engine cannot be used afterwards."""
        ...

    def __enter__(self: AnyEngine) -> AnyEngine: ...

    def __exit__(self, *exception: object) -> None: ...


Opener = Callable[["EngineChoice", BackboneSpec, Weights], Engine]

_OPENERS = Registry[Opener]("engine", EngineError, "lusscore.engines")


def register_engine(name: str) -> Callable[[Opener], Opener]:
    """Decorate the function that opens the engine `name`.

    It gets an :class:`EngineChoice`, a spec and its weights, and imports what it needs when it
    is called. EngineError if the name is taken.
    """

    def register(opener: Opener) -> Opener:
        _OPENERS.register(name, opener)
        return opener

    return register


@dataclass(frozen=True)
class EngineChoice:
    """How backbones are executed; of this, only the precision changes an embedding.

    Attributes
    ----------
    name
        ``"openvino"`` or ``"keras"``.
    device
        The engine's name of a device, such as ``"CPU"`` or ``"GPU"``; None for its default.
    threads
        Upper limit of CPU threads; None for all cores. The keras engine heeds it only where
        Keras has not been imported before.
    cache
        Folder in which the openvino engine keeps networks that it can start without TensorFlow;
        made where needed. None for none.
    precision
        One of :data:`PRECISIONS`: the number format of the networks' arithmetic. Embeddings are
        float32 whatever it is.

    Raises
    ------
    EngineError
        If there is no such engine.
    """

    name: str = "openvino"
    device: str | None = None
    threads: int | None = None
    cache: Path | None = None
    precision: str = DEFAULT_PRECISION

    def __post_init__(self) -> None:
        _ = _OPENERS[self.name]

    def open(self, spec: BackboneSpec, weights: Weights) -> Engine:
        """Make a backbone ready to compute embeddings.

        Raises
        ------
        EngineError
            If the device or the precision is unknown, or the engine cannot run the backbone.
        BackboneError, WeightsError
            If the network cannot be built or the weights do not fit it.
        """
        check_precision(self.precision)
        return _OPENERS[self.name](self, spec, weights)


def check_precision(precision: str) -> str:
    """Return `precision` if it is one of :data:`PRECISIONS`, else raise EngineError."""
    if precision == "int8":
        raise EngineError(
            "Precision int8 is not offered: its scales have to be fitted to sample frames, so an "
            "embedding would depend on the cohort it was computed with, and a cohort that grows "
            "would not fit its own feature file. Use bf16, which needs no samples "
            "(docs/backbones.md)."
        )
    if precision not in PRECISIONS:
        raise EngineError(f"Unknown precision {precision!r}; expected {', '.join(PRECISIONS)}.")
    return precision


def embed_in_batches(
    spec: BackboneSpec,
    images: Images,
    compute: Callable[[Images], Embeddings],
    *,
    sizes: tuple[int, ...] | None = None,
) -> Embeddings:
    """Check `images`, send them to `compute` in batches and join what it returns.

    `sizes` are the batches that `compute` allows, ascending; smaller ones are filled up with black
    images whose embeddings are dropped. None allows any up to :data:`MAXIMUM_BATCH`.
    """
    check_images(spec, images)
    embeddings = np.empty((len(images), spec.width), np.float32)
    step = MAXIMUM_BATCH if sizes is None else sizes[-1]
    for start in range(0, len(images), step):
        batch = np.ascontiguousarray(images[start : start + step])
        count = len(batch)
        if sizes is not None:
            missing = next(size for size in sizes if size >= count) - count
            batch = np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else batch
        embeddings[start : start + count] = compute(batch)[:count]
    return embeddings


def check_images(spec: BackboneSpec, images: Images) -> None:
    """Raise ValueError unless `images` are what :meth:`Engine.embed` takes."""
    expected = (*spec.input_size, 3)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != expected:
        raise ValueError(
            f"{spec.name} takes uint8 images of shape (n, {', '.join(map(str, expected))}), "
            f"not {images.dtype} of {images.shape}"
        )
    if not len(images):
        raise ValueError(f"{spec.name} was given no images")


def measure_sgemm(size: int = 2048, repeats: int = 7) -> float:
    """Return the machine's own speed: the median of float32 matrix products, in GFLOP/s.

    `size` is the side of the square matrices; one product is made before `repeats` are timed.
    """
    rng = np.random.default_rng(0)
    a, b = (rng.random((size, size), dtype=np.float32) for _ in range(2))
    a @ b
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - started)
    return float(2 * size**3 / np.median(seconds) / 1e9)

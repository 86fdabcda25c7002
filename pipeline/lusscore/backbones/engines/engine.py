"""What every engine can do, and how frames reach it in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones.spec import BackboneSpec

Images = NDArray[np.uint8]
Embeddings = NDArray[np.float32]
AnyEngine = TypeVar("AnyEngine", bound="Engine")

# waits for embeddings that were asked for and returns them
Result = Callable[[], Embeddings]

# more images at once are not faster on a CPU and take more memory
MAXIMUM_BATCH = 16


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
        """Ask for the embeddings of `images` and go on before they are there.

        Engines that cannot compute in the background compute at once. An engine is used from
        one thread.

        Parameters
        ----------
        images
            As for :meth:`embed`; they must not change until the result was fetched.

        Returns
        -------
        callable
            Returns what :meth:`embed` would, waiting for it where needed; call it once.
        """
        ...

    def close(self) -> None:
        """Let go of the network's memory; the engine cannot be used afterwards."""
        ...

    def __enter__(self: AnyEngine) -> AnyEngine: ...

    def __exit__(self, *exception: object) -> None: ...


def embed_in_batches(
    spec: BackboneSpec,
    images: Images,
    compute: Callable[[Images], Embeddings],
    *,
    sizes: tuple[int, ...] | None = None,
) -> Embeddings:
    """Check `images`, send them to `compute` in batches and join what it returns.

    Parameters
    ----------
    spec
        The backbone whose input size the images must have.
    images
        As for :meth:`Engine.embed`.
    compute
        Turns (b, height, width, 3) of uint8 into (b, ``spec.width``).
    sizes
        The values of b that `compute` allows, ascending; smaller batches are filled up with black
        images whose embeddings are dropped. None allows any b up to :data:`MAXIMUM_BATCH`.
    """
    check_images(spec, images)
    embeddings = np.empty((len(images), spec.width), np.float32)
    step = MAXIMUM_BATCH if sizes is None else sizes[-1]
    for start in range(0, len(images), step):
        batch = np.ascontiguousarray(images[start : start + step])
        count = len(batch)
        if sizes is not None:
            size = next(size for size in sizes if size >= count)
            padding = np.zeros((size - count, *images.shape[1:]), np.uint8)
            batch = np.concatenate([batch, padding]) if size > count else batch
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

"""The registry of engines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from lusscore.backbones.engines.engine import Engine
from lusscore.backbones.precision import DEFAULT_PRECISION, check_precision
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights
from lusscore.errors import EngineError
from lusscore.registry import Registry


class Opener(Protocol):
    """Makes an engine; imports what it needs when it is called."""

    def __call__(
        self,
        spec: BackboneSpec,
        weights: Weights,
        *,
        device: str | None,
        threads: int | None,
        cache: Path | None,
        precision: str,
    ) -> Engine:
        """See :func:`open_engine`."""
        ...


_OPENERS = Registry[Opener]("engine", EngineError, "lusscore.engines")


def register_engine(name: str) -> Callable[[Opener], Opener]:
    """Decorate the function that opens the engine `name`.

    Raises
    ------
    EngineError
        If the name is taken.
    """

    def register(opener: Opener) -> Opener:
        _OPENERS.register(name, opener)
        return opener

    return register


def engine_names() -> tuple[str, ...]:
    """Names of all registered engines, the default one first."""
    return tuple(_OPENERS)


def check_engine(name: str) -> None:
    """Raise EngineError unless an engine of this name is registered."""
    _ = _OPENERS[name]


def open_engine(
    name: str,
    spec: BackboneSpec,
    weights: Weights,
    *,
    device: str | None = None,
    threads: int | None = None,
    cache: Path | None = None,
    precision: str = DEFAULT_PRECISION,
) -> Engine:
    """Make a backbone ready to compute embeddings.

    Parameters
    ----------
    name
        A registered engine.
    spec, weights
        What :func:`lusscore.backbones.get_backbone` and
        :func:`lusscore.backbones.load_weights` returned.
    device
        The engine's name of a device, such as ``"CPU"`` or ``"GPU"``; None for its default.
    threads
        Upper limit of CPU threads; None leaves it to the engine. The keras engine heeds it only
        where Keras has not been imported before.
    cache
        A folder in which the openvino engine keeps networks that it can start without
        TensorFlow; made where needed. The keras engine keeps nothing.
    precision
        One of :data:`lusscore.backbones.PRECISIONS`: the number format of the network's
        arithmetic. Embeddings are float32 whatever it is.

    Raises
    ------
    EngineError
        If the engine, the device or the precision is unknown, or the engine cannot run the
        backbone.
    BackboneError, WeightsError
        If the network cannot be built or the weights do not fit it.
    """
    check_engine(name)
    check_precision(precision)
    return _OPENERS[name](
        spec, weights, device=device, threads=threads, cache=cache, precision=precision
    )

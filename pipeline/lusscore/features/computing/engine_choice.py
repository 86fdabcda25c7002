"""How backbones are executed in a run."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lusscore.backbones import DEFAULT_PRECISION, BackboneSpec, Engine, Weights, open_engine


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
class LazyEngine:
    """Opens an engine at the first call: a network that has nothing to do is never loaded."""

    choice: EngineChoice
    spec: BackboneSpec
    weights: Weights
    stack: ExitStack
    opened: Engine | None = None

    def __call__(self) -> Engine:
        """Return the engine, opened."""
        if self.opened is None:
            self.opened = self.choice.open(self.spec, self.weights)
            self.stack.callback(self.opened.close)
        return self.opened

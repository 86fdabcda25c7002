"""How backbones are executed in a run, as one value that can be sent to a worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lusscore.backbones.engines.engine import Engine
from lusscore.backbones.engines.registry import check_engine, open_engine
from lusscore.backbones.precision import DEFAULT_PRECISION
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights


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
        check_engine(self.name)

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

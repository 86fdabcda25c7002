"""One backbone at work on a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import BackboneSpec, Engine, Weights, open_engine
from lusscore.features.layout import PlannedClip
from lusscore.features.store import FeatureStore
from lusscore.features.stream import Chunk


@dataclass(frozen=True)
class EngineChoice:
    """How backbones are executed; nothing here changes an embedding.

    Attributes
    ----------
    name
        ``"openvino"`` or ``"keras"``.
    device
        The engine's name of a device, None for its default.
    threads
        CPU threads, None for all.
    cache
        Folder for converted networks, None for none.
    """

    name: str = "openvino"
    device: str | None = None
    threads: int | None = None
    cache: Path | None = None


@dataclass
class Outcome:
    """What stage one did for one backbone.

    Attributes
    ----------
    backbone
        Its name.
    path
        The feature file.
    clips, frames
        Computed in this run.
    failed
        Clips without embeddings and why.
    finished
        False if the run was stopped before its end.
    """

    backbone: str
    path: Path
    clips: int = 0
    frames: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    finished: bool = True


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
            self.opened = open_engine(
                self.choice.name,
                self.spec,
                self.weights,
                device=self.choice.device,
                threads=self.choice.threads,
                cache=self.choice.cache,
            )
            self.stack.callback(self.opened.close)
        return self.opened


@dataclass
class Job:
    """One backbone at work."""

    spec: BackboneSpec
    engine: LazyEngine
    store: FeatureStore
    outcome: Outcome
    todo: set[int]
    embeddings: list[NDArray[np.float32]] = field(default_factory=list)

    def finish(self, clip: PlannedClip, row: int, times: Sequence[NDArray[np.float64]]) -> None:
        """Keep what was computed of a clip."""
        self.store.write(row, np.concatenate(self.embeddings), np.concatenate(times))
        self.embeddings.clear()
        self.outcome.clips += 1
        self.outcome.frames += len(clip.frames)

    def fail(self, clip: PlannedClip, row: int, error: str) -> None:
        """Record why a clip cannot be computed, and drop what was computed of it."""
        self.store.fail(row, error)
        self.embeddings.clear()
        self.outcome.failed[clip.path] = error

    def embed(self, chunk: Chunk) -> int:
        """Run one chunk through the backbone; return its frames."""
        images = chunk.images[self.spec.input_size]
        frames, variants = images.shape[:2]
        flat = self.engine().embed(images.reshape(-1, *images.shape[2:]))
        self.embeddings.append(flat.reshape(frames, variants, -1))
        return int(frames)

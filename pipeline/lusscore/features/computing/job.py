"""One backbone at work on a cohort."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import BackboneSpec, Weights
from lusscore.features.computing.engine_choice import LazyEngine
from lusscore.features.file.layout import PlannedClip
from lusscore.features.file.level_columns import level_columns
from lusscore.features.file.store import FeatureStore
from lusscore.features.file.writer import Writer


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
    images
        Frames times variants.
    seconds
        From the first clip to the last write, of all backbones of the run together.
    failed
        Clips without embeddings and why.
    finished
        False if the run was stopped before its end.
    """

    backbone: str
    path: Path
    clips: int = 0
    frames: int = 0
    images: int = 0
    seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)
    finished: bool = True


@dataclass
class Job:
    """One backbone at work."""

    spec: BackboneSpec
    weights: Weights
    engine: LazyEngine
    store: FeatureStore
    writer: Writer
    outcome: Outcome
    todo: set[int]
    broken: set[int] = field(default_factory=set)

    def keep(
        self,
        clip: PlannedClip,
        row: int,
        embeddings: NDArray[np.floating[Any]],
        times: NDArray[np.float64],
    ) -> None:
        """Keep the next rows of a clip: shape (frames, variants, width), and seconds."""
        if row in self.broken:
            return
        with np.errstate(over="ignore"):
            stored = embeddings.astype(self.store.dtype, copy=False)
        if np.isfinite(stored).all():
            self.writer.rows(self.store, row, stored, times)
            return
        self.broken.add(row)
        beyond = "float16 holds" if np.isfinite(embeddings).all() else "can be computed with"
        self.fail(
            clip,
            row,
            f"{clip.path} has embeddings{self._where(stored)} beyond what {beyond}; check the "
            f'weights of {self.spec.name}, or set dtype = "float32" in the card.',
        )

    def _where(self, stored: NDArray[np.floating[Any]]) -> str:
        """Name the levels that hold what is not finite, if the embedding itself is."""
        columns = level_columns(self.spec.level_sizes, self.spec.width)
        found = [
            name for name, place in columns.items() if not np.isfinite(stored[..., place]).all()
        ]
        whole = np.isfinite(stored[..., : self.spec.embedding_size]).all()
        return f" (levels {', '.join(found)})" if found and whole else ""

    def finish(self, clip: PlannedClip, row: int) -> None:
        """Mark a clip done, all of whose rows were kept."""
        if row not in self.broken:
            self.writer.finish(self.store, row, lambda: self._count(clip))

    def fail(self, clip: PlannedClip, row: int, error: str) -> None:
        """Record why a clip cannot be computed, and drop what was computed of it."""
        self.writer.fail(self.store, row, error)
        self.outcome.failed[clip.path] = error

    def _count(self, clip: PlannedClip) -> None:
        self.outcome.clips += 1
        self.outcome.frames += len(clip.frames)

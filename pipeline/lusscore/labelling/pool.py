"""The clips of a cohort that have embeddings, labelled and unlabelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.backbones import BackboneSpec
from lusscore.cohort import Cohort, Segment
from lusscore.errors import FeatureFileError
from lusscore.evaluation import EMBEDDING, FeatureSet
from lusscore.features import Features, read_fresh
from lusscore.heads import pool_clips

UNLABELLED = -1
"""What stands for a score that nobody has given."""


@dataclass(frozen=True)
class Pool:
    """Rows of a manifest with their embeddings, in an order that the manifest's has no part in.

    Attributes
    ----------
    segments
        Rows of the manifest that have embeddings, sorted by clip and first frame.
    frames
        One row per frame, segment after segment: ``patient, exam, zone, clip, group, device``,
        and as int64 ``frame, truth`` (-1 where unlabelled) and ``segment`` (a row of `segments`).
    seen
        float16 or float32, shape (frames, 1 + variants, dim), the clean frame first.
    features
        What `seen` is.
    left_out
        Clips without embeddings, and why, as a clause.
    """

    segments: tuple[Segment, ...]
    frames: pd.DataFrame
    seen: NDArray[np.floating[Any]]
    features: FeatureSet
    left_out: dict[str, str]

    @property
    def backbones(self) -> tuple[str, ...]:
        """The one backbone, as heads ask for it."""
        return (self.features.backbone,)

    @property
    def scores(self) -> NDArray[np.int64]:
        """Score of each segment, -1 where unlabelled, shape (segments,)."""
        return self.frames.drop_duplicates("segment")["truth"].to_numpy(np.int64)

    @property
    def patients(self) -> NDArray[np.int64]:
        """Patient of each segment by number, shape (segments,)."""
        names = [segment.patient for segment in self.segments]
        return np.asarray(np.unique(names, return_inverse=True)[1], np.int64)

    def embeddings(
        self, features: Sequence[FeatureSet], rows: NDArray[np.int64], variants: int | None = None
    ) -> NDArray[Any]:
        """Gather embeddings of some of `frames`, as a data set does; there is one feature set."""
        return self.seen[rows, :variants]

    def vectors(self) -> NDArray[np.float32]:
        """Pool the clean frames of every segment, shape (segments, dim)."""
        segments = self.frames["segment"].to_numpy()
        starts = np.searchsorted(segments, np.arange(len(self.segments)))
        return pool_clips(self.seen[:, 0], np.arange(len(segments)), starts, "mean")


def load_pool(
    cohort: Cohort,
    spec: BackboneSpec,
    features_dir: Path,
    levels: tuple[str, ...] = (EMBEDDING,),
    weights_dir: Path | None = None,
) -> Pool:
    """Read a cohort's feature file of one backbone, which must be fresh.

    Its clips are not opened. `levels` are what of the backbone is looked at.

    Raises
    ------
    FeatureFileError
        If the feature file is missing, damaged or stale, lacks a level or has
        embeddings of no clip of the manifest.
    """
    file, _ = read_fresh(cohort, spec, features_dir, weights_dir)
    return join_pool(cohort.segments, file, FeatureSet(spec.name, levels))


def join_pool(segments: Sequence[Segment], file: Features, features: FeatureSet) -> Pool:
    """Join rows of a manifest with the embeddings that a feature file has of them.

    Raises
    ------
    FeatureFileError
        As :func:`load_pool`.
    """
    ordered = sorted(segments, key=lambda segment: (segment.clip, segment.frame_start))
    row_of_frame, chosen = file.segments(ordered)
    there = np.bincount(row_of_frame, minlength=len(ordered)) > 0
    errors = dict(zip(file.paths, file.errors, strict=True))
    kept: list[Segment] = []
    left_out: dict[str, str] = {}
    for segment, has in zip(ordered, there, strict=True):
        if has:
            kept.append(segment)
        else:
            why = errors.get(segment.clip, "its embeddings are not computed yet")
            left_out.setdefault(segment.clip, why or "none of the frames of a row have embeddings")
    if not kept:
        raise FeatureFileError(
            "it has embeddings of none of the manifest's clips",
            advice=(
                f"run 'lusscore features {file.path.parent.name} --backbone {file.backbone}' first"
            ),
            path=file.path,
        )
    parts = [_level(file, level)[chosen] for level in features.levels]
    seen = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
    columns = ("patient", "exam", "zone", "clip", "group", "device")
    table = pd.DataFrame({name: [getattr(one, name) for one in kept] for name in columns})
    scores = [UNLABELLED if one.score is None else one.score for one in kept]
    numbers = (np.cumsum(there) - 1)[row_of_frame]
    frames = table.assign(truth=np.array(scores, np.int64)).take(numbers).reset_index(drop=True)
    frames = frames.assign(frame=file.frame[chosen].astype(np.int64), segment=numbers)
    return Pool(tuple(kept), frames, seen, features, left_out)


def _level(file: Features, level: str) -> NDArray[np.floating[Any]]:
    if level == EMBEDDING:
        return file.embeddings
    if level not in file.levels:
        raise FeatureFileError(
            f"it does not hold the level {level}; it has {', '.join((EMBEDDING, *file.levels))}",
            advice="ask for others with --levels",
            path=file.path,
        )
    return file.levels[level]

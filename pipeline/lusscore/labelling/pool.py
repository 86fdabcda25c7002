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
from lusscore.cohort import Cohort, Span
from lusscore.errors import FeatureFileError
from lusscore.evaluation import EMBEDDING, FeatureSet
from lusscore.features import Features, read_fresh
from lusscore.head import pool_clips

UNLABELLED = -1
"""What stands for a score that nobody has given."""


@dataclass(frozen=True)
class Pool:
    """Rows of a manifest with their embeddings, in an order that the manifest's has no part in.

    Attributes
    ----------
    spans
        Rows of the manifest that have embeddings, sorted by clip and first frame.
    frames
        One row per frame, span after span: ``patient, exam, zone, clip, group, device`` as text,
        ``frame, truth`` and ``span`` (a row of `spans`) as int64; truth is -1 where unlabelled.
    seen
        float16 or float32, shape (frames, 1 + variants, dim), the clean frame first.
    features
        What `seen` is.
    left_out
        Clips that have no embeddings, and why, as a clause.
    """

    spans: tuple[Span, ...]
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
        """Score of each span, -1 where unlabelled, shape (spans,)."""
        return np.array(
            [UNLABELLED if span.score is None else span.score for span in self.spans], np.int64
        )

    @property
    def patients(self) -> NDArray[np.int64]:
        """Patient of each span by number, shape (spans,)."""
        names = [span.patient for span in self.spans]
        return np.asarray(np.unique(names, return_inverse=True)[1], np.int64)

    def embeddings(
        self, features: Sequence[FeatureSet], rows: NDArray[np.int64], variants: int | None = None
    ) -> NDArray[Any]:
        """Gather embeddings of some of `frames`, as a data set does; there is one feature set."""
        return self.seen[rows, :variants]

    def vectors(self) -> NDArray[np.float32]:
        """Pool the clean frames of every span, shape (spans, dim)."""
        spans = self.frames["span"].to_numpy()
        starts = np.searchsorted(spans, np.arange(len(self.spans)))
        return pool_clips(self.seen[:, 0], np.arange(len(spans)), starts, "mean")


def load_pool(
    cohort: Cohort,
    spec: BackboneSpec,
    features_dir: Path,
    levels: tuple[str, ...] = (EMBEDDING,),
    weights_dir: Path | None = None,
) -> Pool:
    """Read a cohort's feature file of one backbone, which must be fresh.

    Parameters
    ----------
    cohort
        Gives labels and settings. Its clips are not opened.
    spec
        The backbone.
    features_dir
        Folder of all feature files; they are read and never written.
    levels
        What of the backbone is looked at.
    weights_dir
        See :func:`lusscore.evaluation.dataset.load_cohort`.

    Raises
    ------
    FeatureFileError
        If the feature file is missing, damaged or stale, lacks a level or has
        embeddings of no clip of the manifest.
    """
    file, _ = read_fresh(cohort, spec, features_dir, weights_dir)
    return join_pool(cohort.spans, file, FeatureSet(spec.name, levels))


def join_pool(spans: Sequence[Span], file: Features, features: FeatureSet) -> Pool:
    """Join rows of a manifest with the embeddings that a feature file has of them.

    Raises
    ------
    FeatureFileError
        As :func:`load_pool`.
    """
    ordered = sorted(spans, key=lambda span: (span.clip, span.frame_start))
    segment, chosen = file.segments(ordered)
    numbers_of = dict(zip(file.paths, range(len(file.paths)), strict=True))
    there = np.bincount(segment, minlength=len(ordered)) > 0
    left_out: dict[str, str] = {}
    for span in (span for span, has in zip(ordered, there, strict=True) if not has):
        row = numbers_of.get(span.clip)
        why = file.errors[row] if row is not None else "its embeddings are not computed yet"
        left_out.setdefault(span.clip, why or "none of the frames of a row have embeddings")
    kept = [span for span, has in zip(ordered, there, strict=True) if has]
    if not kept:
        raise FeatureFileError(
            "it has embeddings of none of the manifest's clips",
            advice=(
                f"run 'lusscore features {file.path.parent.name} --backbone {file.backbone}' first"
            ),
            path=file.path,
        )
    numbers = (np.cumsum(there) - 1)[segment]
    parts = [_level(file, level)[chosen] for level in features.levels]
    seen = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
    table = _tabulate(kept).take(numbers).reset_index(drop=True)
    table = table.assign(frame=file.frame[chosen].astype(np.int64), span=numbers)
    return Pool(tuple(kept), table, seen, features, left_out)


def _tabulate(spans: Sequence[Span]) -> pd.DataFrame:
    columns = ("patient", "exam", "zone", "clip", "group", "device")
    table = pd.DataFrame({name: [getattr(span, name) for span in spans] for name in columns})
    truth = [UNLABELLED if span.score is None else span.score for span in spans]
    return table.assign(truth=np.array(truth, np.int64))


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

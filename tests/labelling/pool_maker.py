"""Makes pools of clips of which some are labelled, with a signal in their embeddings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dataset_maker import BACKBONE, make_labelled
from lusscore.cohort import Segment
from lusscore.evaluation.models import FeatureSet
from lusscore.features import Features
from lusscore.labelling.pool import Pool, join_pool

FEATURES = FeatureSet(BACKBONE)


def parts(
    patients: int = 8,
    zones: int = 4,
    *,
    labelled: Callable[[Segment], bool] = lambda segment: int(segment.patient[1:]) < 4,
    noise: float = 0.3,
    seed: int = 0,
) -> tuple[tuple[Segment, ...], Features]:
    """Rows of a manifest, of which those `labelled` keep their scores, and a feature file."""
    made = make_labelled(patients, zones=zones, noise=noise, seed=seed)
    segments = tuple(
        segment if labelled(segment) else replace(segment, score=None)
        for segment in made.cohort.segments
    )
    return segments, made.dataset.features[BACKBONE]


def make_pool(patients: int = 8, zones: int = 4, **more: Any) -> Pool:
    """A pool of patients p0, p1, … with a clip per zone, made of :func:`parts`."""
    return join_pool(*parts(patients, zones, **more), FEATURES)


def in_other_order(
    segments: Sequence[Segment], file: Features, seed: int
) -> tuple[list[Segment], Features]:
    """The same rows and the same file with rows, clips and frames shuffled."""
    rng = np.random.default_rng(seed)
    clips = rng.permutation(len(file.paths))
    place = np.argsort(clips)
    frames = rng.permutation(len(file.frame))
    shuffled = replace(
        file,
        embeddings=file.embeddings[frames],
        clip=place[file.clip[frames]].astype(np.int32),
        frame=file.frame[frames],
        time=file.time[frames],
        paths=tuple(file.paths[row] for row in clips),
        digests=tuple(file.digests[row] for row in clips),
        errors=tuple(file.errors[row] for row in clips),
    )
    return [segments[row] for row in rng.permutation(len(segments))], shuffled

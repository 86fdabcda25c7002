"""Training heads on one side of a fold, and asking them about the other."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from lusscore.backbones.keras_runtime import import_keras
from lusscore.evaluation.dataset import LabelledFrames
from lusscore.evaluation.feature_sets import FeatureSet
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.predictions import SCORES
from lusscore.evaluation.sides import Side
from lusscore.features.computing.worker_process import start_worker
from lusscore.head import make_head

# More threads do not help one small layer, and a fixed number keeps its sums in one order.
_HEAD_THREADS = 1


@dataclass(frozen=True)
class _Known:
    """What a head is trained on: embeddings, scores, patients, clips and exams."""

    embeddings: NDArray[Any]
    truth: NDArray[np.int64]
    patients: NDArray[np.int64]
    clips: NDArray[np.int64]
    exams: NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """Heads to train on the same features of the same rows.

    Attributes
    ----------
    features
        What they see.
    side
        What they are trained on and asked about.
    heads
        At least one; one after the other.
    """

    features: tuple[FeatureSet, ...]
    side: Side
    heads: tuple[HeadChoice, ...]


Trained = tuple[NDArray[np.float64], float]
"""Held-out probabilities, shape (frames, 4), and the seconds of the fit."""


def train_all(
    dataset: LabelledFrames, tasks: Sequence[Task], jobs: int
) -> Iterator[tuple[Trained, ...]]:
    """Yield, task by task in order, what each of its heads says of the rows held out.

    Parameters
    ----------
    dataset
        Labelled frames and embeddings.
    tasks
        What to train.
    jobs
        Tasks at once, each in a process of its own if above 1; the results are the same.
    """
    frames = dataset.frames
    truth = frames["truth"].to_numpy()
    patients, clips = (
        np.unique(frames[column].to_numpy(), return_inverse=True)[1]
        for column in ("patient", "clip")
    )
    # patients may name their exams alike
    exams = np.asarray(frames.groupby(["patient", "exam"], dropna=False).ngroup(), np.int64)

    def inputs(task: Task) -> tuple[Any, ...]:
        side = task.side
        # variants travel to a process only where a head asks for them
        known = _Known(
            dataset.embeddings(task.features, side.train, None if _learns(task.heads) else 1),
            truth[side.train],
            patients[side.train],
            clips[side.train],
            exams[side.train],
        )
        asked = any(head.settings.get("test_variants") for head in task.heads)
        unseen = dataset.embeddings(task.features, side.test, None if asked else 1)
        return known, unseen, clips[side.test], exams[side.test], task.heads

    if jobs == 1 or len(tasks) == 1:
        for task in tasks:
            yield _train_each(*inputs(task))
        return
    from joblib import Parallel, delayed

    # A process that grows by a large import in the middle of its work is taken for one that leaks.
    names = {head.name for task in tasks for head in task.heads}
    keras = any(make_head(name).uses_keras for name in names)
    workers = Parallel(
        n_jobs=jobs,
        return_as="generator",
        pre_dispatch="n_jobs",
        initializer=_start_process,
        initargs=(os.getpid(), keras),
    )
    yield from workers(delayed(_train_each)(*inputs(task)) for task in tasks)


def _start_process(parent: int, keras: bool) -> None:
    start_worker(parent)
    if keras:
        _prepare_keras()


def _prepare_keras() -> None:
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import_keras(threads=_HEAD_THREADS)


def _learns(heads: Sequence[HeadChoice]) -> bool:
    """Tell whether any of them learns from variants: those that do not have a setting for it."""
    return any(head.settings.get("variants", True) for head in heads)


def _train_each(
    known: _Known,
    unseen: NDArray[Any],
    unseen_clips: NDArray[np.int64],
    unseen_exams: NDArray[np.int64],
    heads: Sequence[HeadChoice],
) -> tuple[Trained, ...]:
    return tuple(_train(known, unseen, unseen_clips, unseen_exams, head) for head in heads)


def _train(
    known: _Known,
    unseen: NDArray[Any],
    unseen_clips: NDArray[np.int64],
    unseen_exams: NDArray[np.int64],
    head: HeadChoice,
) -> Trained:
    """Train one head."""
    made = make_head(head.name, **head.settings)
    if made.uses_keras:
        _prepare_keras()
    with threadpool_limits(_HEAD_THREADS):
        started = time.perf_counter()
        made.fit(
            known.embeddings,
            known.truth,
            groups=known.patients,
            clips=known.clips,
            exams=known.exams,
        )
        seconds = time.perf_counter() - started
        probabilities = np.zeros((len(unseen), len(SCORES)))
        probabilities[:, made.classes_] = made.predict_proba(
            unseen, clips=unseen_clips, exams=unseen_exams
        )
    return probabilities, seconds

"""Training one model's head on one side of a fold, and asking it about the other."""

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
from lusscore.evaluation.models import HeadChoice, Model
from lusscore.evaluation.predictions import SCORES
from lusscore.evaluation.sides import Side
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


def train_all(
    dataset: LabelledFrames, tasks: Sequence[tuple[Model, Side]], jobs: int
) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Yield held-out probabilities, shape (frames, 4), and training seconds of each task, in order.

    Parameters
    ----------
    dataset
        Labelled frames and embeddings.
    tasks
        Models that train a head of their own.
    jobs
        Heads trained at once, each in a process of its own if above 1; the results are the same.
    """
    frames = dataset.frames
    truth = frames["truth"].to_numpy()
    patients, clips = (
        np.unique(frames[column].to_numpy(), return_inverse=True)[1]
        for column in ("patient", "clip")
    )
    # patients may name their exams alike
    exams = np.asarray(frames.groupby(["patient", "exam"], dropna=False).ngroup(), np.int64)

    def inputs(task: tuple[Model, Side]) -> tuple[Any, ...]:
        model, side = task
        # held-out variants travel to the head only where it asks for them
        variants = None if model.head.settings.get("test_variants") else 1
        known = _Known(
            dataset.embeddings(model.backbones, side.train),
            truth[side.train],
            patients[side.train],
            clips[side.train],
            exams[side.train],
        )
        unseen = dataset.embeddings(model.backbones, side.test, variants)
        return known, unseen, clips[side.test], exams[side.test], model.head

    if jobs == 1 or len(tasks) == 1:
        for task in tasks:
            yield _train(*inputs(task))
        return
    from joblib import Parallel, delayed

    workers = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="n_jobs")
    yield from workers(delayed(_train)(*inputs(task)) for task in tasks)


def _train(
    known: _Known,
    unseen: NDArray[Any],
    unseen_clips: NDArray[np.int64],
    unseen_exams: NDArray[np.int64],
    head: HeadChoice,
) -> tuple[NDArray[np.float64], float]:
    """Train one head; return probabilities of the four scores and the seconds of the fit."""
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    made = make_head(head.name, **head.settings)
    if made.uses_keras:
        import_keras(threads=_HEAD_THREADS)
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

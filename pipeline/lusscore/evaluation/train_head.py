"""Training heads on the training part of a split, and testing them on the other."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from lusscore.backbones import import_keras
from lusscore.cohort import Split
from lusscore.evaluation.dataset import Dataset, LabelledFrames
from lusscore.evaluation.guards import check_apart
from lusscore.evaluation.models import FeatureSet, HeadChoice
from lusscore.evaluation.predictions import SCORES
from lusscore.heads import Head, learns_from_variants, make_head
from lusscore.workers import start_worker

# More threads do not help one small layer, and a fixed number keeps its sums in one order.
_HEAD_THREADS = 1


@dataclass(frozen=True)
class _Owners:
    """Whose each labelled frame is, by number, shape (frames,) each."""

    truth: NDArray[np.int64]
    patients: NDArray[np.int64]
    clips: NDArray[np.int64]
    exams: NDArray[np.int64]

    @classmethod
    def of(cls, frames: pd.DataFrame) -> _Owners:
        patients, clips = (
            np.unique(frames[column].to_numpy(), return_inverse=True)[1]
            for column in ("patient", "clip")
        )
        # patients may name their exams alike
        exams = frames.groupby(["patient", "exam"], dropna=False).ngroup()
        return cls(frames["truth"].to_numpy(), patients, clips, np.asarray(exams, np.int64))

    def of_rows(self, rows: NDArray[np.int64]) -> _Owners:
        return _Owners(self.truth[rows], self.patients[rows], self.clips[rows], self.exams[rows])


def _training_embeddings(
    dataset: LabelledFrames,
    features: tuple[FeatureSet, ...],
    rows: NDArray[np.int64],
    heads: Sequence[HeadChoice],
) -> Any:
    """Gather what heads are trained on; variants only where one of them learns from them."""
    learns = any(learns_from_variants(head.name, head.settings) for head in heads)
    if isinstance(dataset, Dataset) and learns:
        return dataset.mapped(features, rows)
    return dataset.embeddings(features, rows, None if learns else 1)


@dataclass(frozen=True)
class Task:
    """Heads, at least one, to train and test on the same features of the same split."""

    features: tuple[FeatureSet, ...]
    split: Split
    heads: tuple[HeadChoice, ...]


Trained = tuple[NDArray[np.float64], float]
"""Held-out probabilities, shape (frames, 4), and the seconds of the fit."""


def train_all(
    dataset: LabelledFrames, tasks: Sequence[Task], jobs: int
) -> Iterator[tuple[Trained, ...]]:
    """Yield, task by task in order, what each of its heads predicts for the rows held out.

    With several `jobs` each task runs in a process of its own; the results are the same.

    Raises
    ------
    FoldError
        If a patient or a recording would be both trained and tested on.
    """
    check_apart(dataset.frames, {id(task.split): task.split for task in tasks}.values())
    owners = _Owners.of(dataset.frames)

    def inputs(task: Task) -> tuple[Any, ...]:
        train, test, heads = task.split.train, task.split.test, task.heads
        embeddings = _training_embeddings(dataset, task.features, train, heads)
        asked = any(head.settings.get("test_variants") for head in heads)
        unseen = dataset.embeddings(task.features, test, None if asked else 1)
        return embeddings, owners.of_rows(train), unseen, owners.of_rows(test), heads

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


def _train_each(
    embeddings: Any,
    known: _Owners,
    unseen: NDArray[Any],
    unseen_of: _Owners,
    heads: Sequence[HeadChoice],
) -> tuple[Trained, ...]:
    return tuple(_train(embeddings, known, unseen, unseen_of, head) for head in heads)


def _train(
    embeddings: Any, known: _Owners, unseen: NDArray[Any], unseen_of: _Owners, head: HeadChoice
) -> Trained:
    """Train one head, and test it."""
    made = _make(head)
    started = time.perf_counter()
    _fit(made, embeddings, known)
    seconds = time.perf_counter() - started
    with threadpool_limits(_HEAD_THREADS):
        probabilities = np.zeros((len(unseen), len(SCORES)))
        probabilities[:, made.classes_] = made.predict_proba(
            unseen, clips=unseen_of.clips, exams=unseen_of.exams
        )
    return probabilities, seconds


def _make(head: HeadChoice) -> Head:
    made = make_head(head.name, **head.settings)
    if made.uses_keras:
        _prepare_keras()
    return made


def _fit(made: Head, embeddings: Any, known: _Owners) -> None:
    with threadpool_limits(_HEAD_THREADS):
        made.fit(
            embeddings, known.truth, groups=known.patients, clips=known.clips, exams=known.exams
        )


def fit_on(
    dataset: LabelledFrames,
    features: tuple[FeatureSet, ...],
    head: HeadChoice,
    rows: NDArray[np.int64] | None = None,
) -> Head:
    """Train a head on some labelled frames, as a fold would; `rows` None for all."""
    rows = np.arange(len(dataset.frames)) if rows is None else rows
    made = _make(head)
    embeddings = _training_embeddings(dataset, features, rows, (head,))
    _fit(made, embeddings, _Owners.of(dataset.frames).of_rows(rows))
    return made

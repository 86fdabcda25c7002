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
    owners = _owners(dataset.frames)

    def inputs(task: Task) -> tuple[Any, ...]:
        train, test, heads = task.split.train, task.split.test, task.heads
        embeddings = _training_embeddings(dataset, task.features, train, heads)
        asked = any(head.settings.get("test_variants") for head in heads)
        unseen = dataset.embeddings(task.features, test, None if asked else 1)
        return embeddings, owners.iloc[train], unseen, owners.iloc[test], heads

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


def fit_on(
    dataset: LabelledFrames,
    features: tuple[FeatureSet, ...],
    head: HeadChoice,
    rows: NDArray[np.int64] | None = None,
) -> Head:
    """Train a head on some labelled frames, as a fold would; `rows` None for all."""
    rows = np.arange(len(dataset.frames)) if rows is None else rows
    embeddings = _training_embeddings(dataset, features, rows, (head,))
    return _fit(head, embeddings, _owners(dataset.frames).iloc[rows])[0]


def _owners(frames: pd.DataFrame) -> pd.DataFrame:
    """Return the number of the patient, clip and exam of each frame, beside its ``truth``."""
    patients, clips = (
        np.unique(frames[column].to_numpy(), return_inverse=True)[1]
        for column in ("patient", "clip")
    )
    # patients may name their exams alike
    exams = frames.groupby(["patient", "exam"], dropna=False).ngroup()
    columns = {"truth": frames["truth"], "patients": patients, "clips": clips, "exams": exams}
    return pd.DataFrame(columns, dtype=np.int64)


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


def _start_process(parent: int, keras: bool) -> None:
    start_worker(parent)
    if keras:
        _prepare_keras()


def _prepare_keras() -> None:
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import_keras(threads=_HEAD_THREADS)


def _train_each(
    embeddings: Any,
    known: pd.DataFrame,
    unseen: NDArray[Any],
    unseen_of: pd.DataFrame,
    heads: Sequence[HeadChoice],
) -> tuple[Trained, ...]:
    found = []
    clips, exams = unseen_of["clips"].to_numpy(), unseen_of["exams"].to_numpy()
    for head in heads:
        made, seconds = _fit(head, embeddings, known)
        probabilities = np.zeros((len(unseen), len(SCORES)))
        with threadpool_limits(_HEAD_THREADS):
            probabilities[:, made.classes_] = made.predict_proba(unseen, clips=clips, exams=exams)
        found.append((probabilities, seconds))
    return tuple(found)


def _fit(head: HeadChoice, embeddings: Any, known: pd.DataFrame) -> tuple[Head, float]:
    """Train a head; return it and the seconds of the fit."""
    made = make_head(head.name, **head.settings)
    if made.uses_keras:
        _prepare_keras()
    truth, patients, clips, exams = known.to_numpy().T
    started = time.perf_counter()
    with threadpool_limits(_HEAD_THREADS):
        made.fit(embeddings, truth, groups=patients, clips=clips, exams=exams)
    return made, time.perf_counter() - started

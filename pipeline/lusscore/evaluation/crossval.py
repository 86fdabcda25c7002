"""Patient-level cross-validation of heads on cached embeddings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.backbones.keras_runtime import import_keras
from lusscore.cohort.folds import Folds
from lusscore.errors import FoldError
from lusscore.evaluation.baseline import majority_predictions
from lusscore.evaluation.dataset import Dataset
from lusscore.evaluation.predictions import PREDICTION_COLUMNS, PROBABILITIES, SCORES
from lusscore.head import make_head

TRAINING_COLUMNS = (
    "model", "repeat", "fold", "train_patients", "train_frames", "test_patients", "test_frames",
    "epochs", "seconds",
)  # fmt: skip
# More threads do not help one small layer, and a fixed number keeps its sums in one order.
_HEAD_THREADS = 1


@dataclass(frozen=True)
class HeadChoice:
    """A head and its settings.

    Attributes
    ----------
    name
        Registered name.
    settings
        Keyword arguments of the head.
    """

    name: str = "softmax"
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CrossValidation:
    """What cross-validation found.

    Attributes
    ----------
    predictions
        The columns of ``predictions.csv``: every model, and the baseline, on every frame while
        its patient was held out.
    training
        The columns of ``tables/training.csv``, one row per trained head.
    notes
        What the reader of the results must know, as sentences.
    """

    predictions: pd.DataFrame
    training: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Side:
    """One fold: rows of the dataset to train on and to test on."""

    repeat: int
    fold: int
    train: NDArray[np.int64]
    test: NDArray[np.int64]


def cross_validate(
    dataset: Dataset,
    folds: Folds,
    head: HeadChoice,
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> CrossValidation:
    """Train a head per backbone and fold, and predict the frames held out.

    Parameters
    ----------
    dataset
        Labelled frames and embeddings.
    folds
        Patients per fold.
    head
        What to train.
    jobs
        Heads trained at once, each in a process of its own if above 1; the results are the same.
    progress
        Called with (heads trained, heads in all).

    Raises
    ------
    FoldError
        If a fold's training side lacks a score that the cohort has, or a patient or a recording
        is on both sides.
    HeadError
        If the head or a setting of it is unknown.
    """
    make_head(head.name, **head.settings)
    sides = list(_split(dataset.frames, folds))
    notes = _check_scores(dataset.frames["truth"].to_numpy(), sides)
    truth = dataset.frames["truth"].to_numpy()
    tables, training = [], []
    for side in sides:
        held_out = _held_out_rows(dataset.frames, side)
        tables.append(majority_predictions(held_out, truth[side.train]))
    tasks = [(backbone, side) for backbone in dataset.rows for side in sides]
    trained = _train_all(dataset, tasks, truth, head, jobs)
    for done, ((backbone, side), (probabilities, seconds)) in enumerate(
        zip(tasks, trained, strict=True), start=1
    ):
        model = f"{backbone}/{head.name}"
        rows = _held_out_rows(dataset.frames, side).assign(model=model)
        rows[list(PROBABILITIES)] = probabilities
        tables.append(rows)
        training.append(_training_row(model, dataset.frames, side, head, seconds))
        if progress is not None:
            progress(done, len(tasks))
    return CrossValidation(
        predictions=pd.concat(tables, ignore_index=True)[list(PREDICTION_COLUMNS)],
        training=pd.DataFrame(training, columns=list(TRAINING_COLUMNS)),
        notes=tuple(notes),
    )


def _split(frames: pd.DataFrame, folds: Folds) -> Iterator[_Side]:
    """Yield every fold's two sides, having checked that they share nothing."""
    patients = frames["patient"].to_numpy()
    digests = frames["digest"].to_numpy()
    for repeat in range(1, len(folds.repeats) + 1):
        for fold in range(1, folds.count + 1):
            held_out = np.isin(patients, list(folds.test_patients(repeat, fold)))
            for what, values in (("patient", patients), ("recording", digests)):
                both = set(values[held_out]) & set(values[~held_out])
                if both:
                    raise FoldError(
                        f"Fold {fold} of repeat {repeat} has {what} {min(both)!r} on both sides; "
                        "this must not be. Make new folds, and correct the manifest if a "
                        "recording stands there for two patients."
                    )
            yield _Side(repeat, fold, np.flatnonzero(~held_out), np.flatnonzero(held_out))


def _check_scores(truth: NDArray[np.int64], sides: Sequence[_Side]) -> list[str]:
    """Refuse folds that cannot learn a score; note those that cannot be tested on one."""
    notes = []
    present = set(truth.tolist())
    if len(present) < 2:
        raise FoldError(
            f"All labelled frames have score {min(present)}; a scorer needs at least two scores "
            "to tell apart. Label more clips."
        )
    absent = sorted(set(SCORES) - present)
    if absent:
        notes.append(f"No frame of this cohort has score {_listed(absent)}.")
    for side in sides:
        where = f"fold {side.fold} of repeat {side.repeat}"
        unlearned = sorted(present - set(truth[side.train].tolist()))
        if unlearned:
            raise FoldError(
                f"In {where}, no patient left for training has score {_listed(unlearned)}, so it "
                "cannot be learned; ask for other folds (--folds, --seed) or label more patients "
                "with that score."
            )
        untested = sorted(present - set(truth[side.test].tolist()))
        if untested:
            notes.append(
                f"In {where}, no held-out frame has score {_listed(untested)}; metrics of that "
                "score are not defined there."
            )
    return notes


def _listed(scores: Sequence[int]) -> str:
    return " and ".join(str(score) for score in scores)


def _held_out_rows(frames: pd.DataFrame, side: _Side) -> pd.DataFrame:
    columns = ["patient", "exam", "zone", "clip", "frame", "truth"]
    return frames.loc[side.test, columns].assign(repeat=side.repeat, fold=side.fold)


def _training_row(
    model: str, frames: pd.DataFrame, side: _Side, head: HeadChoice, seconds: float
) -> tuple[object, ...]:
    patients = frames["patient"].to_numpy()
    return (
        model,
        side.repeat,
        side.fold,
        len(set(patients[side.train])),
        len(side.train),
        len(set(patients[side.test])),
        len(side.test),
        head.settings.get("epochs"),
        round(seconds, 3),
    )


def _train_all(
    dataset: Dataset,
    tasks: Sequence[tuple[str, _Side]],
    truth: NDArray[np.int64],
    head: HeadChoice,
    jobs: int,
) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Yield held-out probabilities and training seconds of each task, in order."""

    def inputs(task: tuple[str, _Side]) -> tuple[Any, ...]:
        backbone, side = task
        embeddings = dataset.features[backbone].embeddings
        rows = dataset.rows[backbone]
        return embeddings[rows[side.train]], truth[side.train], embeddings[rows[side.test], 0], head

    if jobs == 1 or len(tasks) == 1:
        for task in tasks:
            yield _train(*inputs(task))
        return
    from joblib import Parallel, delayed

    workers = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="n_jobs")
    yield from workers(delayed(_train)(*inputs(task)) for task in tasks)


def _train(
    train: NDArray[Any], truth: NDArray[np.int64], test: NDArray[Any], head: HeadChoice
) -> tuple[NDArray[np.float64], float]:
    """Train one head; return probabilities of the four scores and the seconds of the fit."""
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import_keras(threads=_HEAD_THREADS)
    started = time.perf_counter()
    made = make_head(head.name, **head.settings)
    made.fit(train, truth)
    seconds = time.perf_counter() - started
    probabilities = np.zeros((len(test), len(SCORES)))
    probabilities[:, made.classes_] = made.predict_proba(test)
    return probabilities, seconds

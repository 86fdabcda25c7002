"""Cross-validation: heads trained and tested on every split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lusscore.cohort import Split
from lusscore.evaluation.dataset import LabelledFrames
from lusscore.evaluation.guards import check_apart, check_learnable
from lusscore.evaluation.models import (
    EMBEDDING,
    FeatureSet,
    HeadChoice,
    Model,
    check_settings,
    plan_models,
)
from lusscore.evaluation.nested import SELECTION_COLUMNS, select_and_train
from lusscore.evaluation.predictions import (
    PREDICTION_COLUMNS,
    PROBABILITIES,
    majority_predictions,
)
from lusscore.evaluation.selection import Selection
from lusscore.evaluation.train_head import Task, Trained, train_all

TRAINING_COLUMNS = (
    "model", "repeat", "fold", "train_patients", "train_frames", "test_patients", "test_frames",
    "epochs", "seconds",
)  # fmt: skip


@dataclass(frozen=True)
class CrossValidation:
    """What cross-validation found.

    `predictions` (``predictions.csv``) has every model, and the baseline, on every frame while its
    patient was held out; `training` (``tables/training.csv``) one row per trained head; `selection`
    (``tables/selection.csv``) what was selected, if anything. `models` are in the order of the
    report, without the baseline; those `selected` anew in each fold come after them. `notes` are
    sentences that a reader of the results must know.
    """

    predictions: pd.DataFrame
    training: pd.DataFrame
    notes: tuple[str, ...]
    models: tuple[Model, ...]
    selected: tuple[str, ...] = ()
    selection: pd.DataFrame | None = None


def cross_validate(
    dataset: LabelledFrames,
    splits: Sequence[Split],
    heads: Sequence[HeadChoice],
    *,
    levels: Sequence[Sequence[str]] = ((EMBEDDING,),),
    combine: Sequence[str] = (),
    selection: Selection | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> CrossValidation:
    """Train heads per backbone and fold, and predict the frames held out.

    `levels` is what of a backbone a head sees; each gives models of its own. `combine` makes
    further models of all backbones: any of ``"concatenate"`` and ``"mean"``. With several `jobs`
    each head is trained in a process of its own; the results are the same. `progress` is called
    with (heads trained, heads in all).

    Raises
    ------
    FoldError
        If a split's training part lacks a score that it must have, or a patient or a recording is
        both trained and tested on.
    HeadError
        If a head or a setting of it is unknown or out of range, or backbones cannot be combined so.
    """
    for choice in heads:
        check_settings(choice)
    features = [
        FeatureSet(backbone, tuple(each)) for each in levels for backbone in dataset.backbones
    ]
    models = plan_models(features, heads, combine)
    check_apart(dataset.frames, splits)
    notes = check_learnable(dataset.frames, splits)
    counted = _Counter(_expected_heads(models, splits, selection), progress)
    trained = _train_models(dataset, models, splits, jobs, counted)
    chosen: list[tuple[object, ...]] = []
    names: tuple[str, ...] = ()
    if selection is not None:
        names = selection.names()
        for number, split in enumerate(splits):
            for one in select_and_train(dataset, split, selection, jobs=jobs, progress=counted):
                trained[one.name, number] = one.probabilities, one.seconds
                chosen += one.rows
    predictions, training = _tabulate(dataset, splits, models, names, trained)
    return CrossValidation(
        predictions=predictions,
        training=training,
        notes=tuple(notes),
        models=models,
        selected=names,
        selection=pd.DataFrame(chosen, columns=list(SELECTION_COLUMNS)) if names else None,
    )


@dataclass
class _Counter:
    """Counts heads for a progress callback."""

    total: int
    progress: Callable[[int, int], None] | None
    done: int = 0

    def __call__(self, heads: int) -> None:
        self.done += heads
        if self.progress is not None:
            self.progress(self.done, self.total)


def _expected_heads(
    models: Sequence[Model], splits: Sequence[Split], selection: Selection | None
) -> int:
    each = sum(not model.is_mean for model in models)
    if selection is not None:
        each += len(selection.candidates) * selection.folds
    return each * len(splits)


def _train_models(
    dataset: LabelledFrames,
    models: Sequence[Model],
    splits: Sequence[Split],
    jobs: int,
    count: Callable[[int], None],
) -> dict[tuple[str, int], Trained]:
    """Train every model on every split; keys are model and number of the split."""
    places = [
        (model, number) for model in models if not model.is_mean for number in range(len(splits))
    ]
    tasks = [Task(model.features, splits[number], (model.head,)) for model, number in places]
    trained: dict[tuple[str, int], Trained] = {}
    for (model, number), (found,) in zip(places, train_all(dataset, tasks, jobs), strict=True):
        trained[model.name, number] = found
        count(1)
    for model in models:
        if model.is_mean:
            for number in range(len(splits)):
                members = [trained[member.name, number] for member in model.members()]
                probabilities, seconds = zip(*members, strict=True)
                # training takes as long as that of all members
                trained[model.name, number] = np.mean(probabilities, axis=0), sum(seconds)
    return trained


def _tabulate(
    dataset: LabelledFrames,
    splits: Sequence[Split],
    models: Sequence[Model],
    selected: Sequence[str],
    trained: Mapping[tuple[str, int], Trained],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of ``predictions.csv``, the baseline among them, and of ``training.csv``."""
    truth = dataset.frames["truth"].to_numpy()
    columns = ["patient", "exam", "zone", "clip", "frame", "truth"]
    held_out = [
        dataset.frames.loc[split.test, columns].assign(repeat=split.repeat, fold=split.fold)
        for split in splits
    ]
    tables = [
        majority_predictions(rows, truth[split.train])
        for rows, split in zip(held_out, splits, strict=True)
    ]
    epochs = {model.name: model.head.settings.get("epochs") for model in models}
    training = []
    for name in (*epochs, *selected):
        for number, split in enumerate(splits):
            probabilities, seconds = trained[name, number]
            rows = held_out[number].assign(model=name)
            rows[list(PROBABILITIES)] = probabilities
            tables.append(rows)
            training.append(_training_row(name, epochs.get(name), dataset.frames, split, seconds))
    return (
        pd.concat(tables, ignore_index=True)[list(PREDICTION_COLUMNS)],
        pd.DataFrame(training, columns=list(TRAINING_COLUMNS)),
    )


def _training_row(
    model: str, epochs: int | None, frames: pd.DataFrame, split: Split, seconds: float
) -> tuple[object, ...]:
    patients = frames["patient"].to_numpy()
    return (
        model,
        split.repeat,
        split.fold,
        len(set(patients[split.train])),
        len(split.train),
        len(set(patients[split.test])),
        len(split.test),
        epochs,
        round(seconds, 3),
    )

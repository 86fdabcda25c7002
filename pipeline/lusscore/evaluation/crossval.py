"""Heads trained on one side of every fold and asked about the patients of the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.baseline import majority_predictions
from lusscore.evaluation.dataset import LabelledFrames
from lusscore.evaluation.head_ranges import check_settings
from lusscore.evaluation.models import HeadChoice, Model, plan_models
from lusscore.evaluation.predictions import PREDICTION_COLUMNS, PROBABILITIES
from lusscore.evaluation.sides import Side, check_sides
from lusscore.evaluation.train_head import train_all

__all__ = ["TRAINING_COLUMNS", "CrossValidation", "HeadChoice", "cross_validate"]

TRAINING_COLUMNS = (
    "model", "repeat", "fold", "train_patients", "train_frames", "test_patients", "test_frames",
    "epochs", "seconds",
)  # fmt: skip


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
    models
        What was trained, in the order in which it is to be reported; the baseline is not of them.
    """

    predictions: pd.DataFrame
    training: pd.DataFrame
    notes: tuple[str, ...]
    models: tuple[Model, ...]


def cross_validate(
    dataset: LabelledFrames,
    sides: Sequence[Side],
    head: HeadChoice | Sequence[HeadChoice],
    *,
    combine: Sequence[str] = (),
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> CrossValidation:
    """Train heads per backbone and fold, and predict the frames held out.

    Parameters
    ----------
    dataset
        Labelled frames and embeddings.
    sides
        Whom to train and whom to test on, per fold.
    head
        What to train: one head, or several, each on every backbone.
    combine
        How to make further models of all backbones: any of ``"concatenate"`` and ``"mean"``.
    jobs
        Heads trained at once, each in a process of its own if above 1; the results are the same.
    progress
        Called with (heads trained, heads in all).

    Raises
    ------
    FoldError
        If a fold's training side lacks a score that it must have, or a patient or a recording is
        on both sides.
    HeadError
        If a head or a setting of it is unknown or out of range, or backbones cannot be combined
        so.
    """
    heads = (head,) if isinstance(head, HeadChoice) else tuple(head)
    for choice in heads:
        check_settings(choice)
    models = plan_models(dataset.backbones, heads, combine)
    truth = dataset.frames["truth"].to_numpy()
    notes = check_sides(dataset.frames, sides)
    places = [
        (model, number) for model in models if not model.is_mean for number in range(len(sides))
    ]
    results = train_all(dataset, [(model, sides[number]) for model, number in places], jobs)
    trained: dict[tuple[str, int], tuple[NDArray[np.float64], float]] = {}
    for (model, number), found in zip(places, results, strict=True):
        trained[model.name, number] = found
        if progress is not None:
            progress(len(trained), len(places))
    for model in models:
        if model.is_mean:
            for number in range(len(sides)):
                trained[model.name, number] = _fuse(
                    [trained[member.name, number] for member in model.members()]
                )
    held_out = [_held_out_rows(dataset.frames, side) for side in sides]
    tables = [
        majority_predictions(rows, truth[side.train])
        for rows, side in zip(held_out, sides, strict=True)
    ]
    training = []
    for model in models:
        for number, side in enumerate(sides):
            probabilities, seconds = trained[model.name, number]
            rows = held_out[number].assign(model=model.name)
            rows[list(PROBABILITIES)] = probabilities
            tables.append(rows)
            training.append(_training_row(model, dataset.frames, side, seconds))
    return CrossValidation(
        predictions=pd.concat(tables, ignore_index=True)[list(PREDICTION_COLUMNS)],
        training=pd.DataFrame(training, columns=list(TRAINING_COLUMNS)),
        notes=tuple(notes),
        models=models,
    )


def _fuse(
    members: Sequence[tuple[NDArray[np.float64], float]],
) -> tuple[NDArray[np.float64], float]:
    """Average probabilities; training takes as long as that of all members."""
    probabilities, seconds = zip(*members, strict=True)
    return np.mean(probabilities, axis=0), sum(seconds)


def _held_out_rows(frames: pd.DataFrame, side: Side) -> pd.DataFrame:
    columns = ["patient", "exam", "zone", "clip", "frame", "truth"]
    return frames.loc[side.test, columns].assign(repeat=side.repeat, fold=side.fold)


def _training_row(
    model: Model, frames: pd.DataFrame, side: Side, seconds: float
) -> tuple[object, ...]:
    patients = frames["patient"].to_numpy()
    return (
        model.name,
        side.repeat,
        side.fold,
        len(set(patients[side.train])),
        len(side.train),
        len(set(patients[side.test])),
        len(side.test),
        model.head.settings.get("epochs"),
        round(seconds, 3),
    )

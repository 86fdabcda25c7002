"""Nested selection: every choice is made again in each fold, by its training patients alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import Split, split_training
from lusscore.evaluation.dataset import LabelledFrames
from lusscore.evaluation.models import Model
from lusscore.evaluation.predictions import SCORES
from lusscore.evaluation.rules import STANDARD_RULES, Rule
from lusscore.evaluation.run_config import SelectionTable
from lusscore.evaluation.selection.choose import Choice, HeldInside, choose
from lusscore.evaluation.selection.criteria import CRITERIA
from lusscore.evaluation.selection.grids import tell_settings
from lusscore.evaluation.train_head import Task, train_all
from lusscore.heads import learns_from_variants

WAYS = {"best": 1, "average": 5}
"""Name of a way to choose → how many of the best candidates are averaged."""

SELECTION_COLUMNS = (
    "model", "repeat", "fold", "place", "candidate", "settings", "rule", "temperature",
    "mean_temperature", "criterion", "value", "candidates",
)  # fmt: skip

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Selection:
    """What may be chosen, and how.

    Attributes
    ----------
    candidates
        Heads with settings on sets of features, in the order in which equal ones are preferred.
    ways
        Any of `WAYS`; each gives a model of its own.
    criterion
        One of ``CRITERIA``, measured where the labels are: on clips, or on frames.
    clip_labels
        Whether a score was given to a clip and not to each frame.
    folds
        Parts that the training patients of a fold are divided into.
    seed
        Of that split.
    rules
        From frames to clips.
    """

    candidates: tuple[Model, ...]
    ways: tuple[str, ...]
    criterion: str = "quadratic_kappa"
    clip_labels: bool = True
    folds: int = 4
    seed: int = 0
    rules: tuple[Rule, ...] = STANDARD_RULES

    def names(self) -> tuple[str, ...]:
        """Names of the models that it gives."""
        return tuple(selected_name(way) for way in self.ways)


@dataclass(frozen=True)
class Selected:
    """One model of one fold.

    Attributes
    ----------
    name
        Of the model.
    probabilities
        Of the frames held out, shape (frames, 4).
    rows
        Of ``tables/selection.csv``, in the order of `SELECTION_COLUMNS`.
    seconds
        Spent on training, for choosing and after it.
    """

    name: str
    probabilities: Probabilities
    rows: tuple[tuple[object, ...], ...]
    seconds: float


def selected_name(way: str) -> str:
    """Return what the model of a way to choose is called."""
    return f"selected/{way}"


def select_and_train(
    dataset: LabelledFrames,
    split: Split,
    selection: Selection,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda heads: None,
) -> tuple[Selected, ...]:
    """Choose by the training rows of a fold, train what was chosen on all of them, and test it.

    Parameters
    ----------
    dataset
        Labelled frames and embeddings.
    split
        The fold. Of the rows held out nothing but embeddings and clips is read, and these only
        once everything is chosen.
    selection
        What may be chosen.
    jobs
        Processes.
    progress
        Called with the number of heads trained since the last call.

    Raises
    ------
    FoldError
        If the training patients cannot be divided again.
    """
    choices, spent = choose_inside(dataset, split, selection, jobs=jobs, progress=progress)
    wanted = sorted({number for choice in choices.values() for number in choice.candidates})
    final = [
        Task(selection.candidates[number].features, split, (selection.candidates[number].head,))
        for number in wanted
    ]
    answers: dict[int, Probabilities] = {}
    for number, ((probabilities, seconds),) in zip(
        wanted, train_all(dataset, final, jobs), strict=True
    ):
        answers[number] = probabilities
        spent += seconds
    return tuple(
        Selected(
            selected_name(way),
            choice.combine([answers[number] for number in choice.candidates]),
            tuple(_rows(selection, way, split, choice)),
            spent,
        )
        for way, choice in choices.items()
    )


def choose_inside(
    dataset: LabelledFrames,
    split: Split,
    selection: Selection,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda heads: None,
) -> tuple[dict[str, Choice], float]:
    """Choose by the training rows of a split alone.

    Returns
    -------
    tuple
        What each way to choose came to, by its name, and the seconds spent on training.

    Raises
    ------
    FoldError
        If the training patients cannot be divided again.
    """
    inner = split_training(dataset.frames, split, selection.folds, selection.seed)
    place = {int(row): at for at, row in enumerate(split.train)}
    held = {
        number: np.full((len(split.train), len(SCORES)), np.nan)
        for number in range(len(selection.candidates))
    }
    spent = 0.0
    tasks = list(_tasks(selection.candidates, inner))
    results = train_all(dataset, [task for task, _ in tasks], jobs)
    for (task, numbers), trained in zip(tasks, results, strict=True):
        rows = [place[int(row)] for row in task.split.test]
        for number, (probabilities, seconds) in zip(numbers, trained, strict=True):
            held[number][rows] = probabilities
            spent += seconds
        progress(len(numbers))
    known, rows_inside = _held_inside(dataset, split, inner, selection.clip_labels)
    seen = {number: probabilities[known] for number, probabilities in held.items()}
    criterion = CRITERIA[selection.criterion]
    choices = {
        way: choose(rows_inside, seen, selection.rules, criterion, WAYS[way])
        for way in selection.ways
    }
    return choices, spent


def _tasks(
    candidates: Sequence[Model], inner: Sequence[Split]
) -> Iterator[tuple[Task, tuple[int, ...]]]:
    """Group candidates that see the same numbers, so that these are gathered once.

    Tasks that take alike long stand beside each other.
    """
    groups: dict[object, list[int]] = {}
    for number, candidate in enumerate(candidates):
        key = (
            candidate.features,
            learns_from_variants(candidate.head.name, candidate.head.settings),
        )
        groups.setdefault(key, []).append(number)
    for numbers in groups.values():
        heads = tuple(candidates[number].head for number in numbers)
        for split in inner:
            yield Task(candidates[numbers[0]].features, split, heads), tuple(numbers)


def _held_inside(
    dataset: LabelledFrames, split: Split, inner: Sequence[Split], clip_labels: bool
) -> tuple[NDArray[np.int64], HeldInside]:
    """Return which training rows were held out inside, by place, and what is known of them."""
    rows = np.sort(np.concatenate([part.test for part in inner]))
    frames = dataset.frames.iloc[rows]
    clip = np.unique(frames["clip"].to_numpy(), return_inverse=True)[1] if clip_labels else None
    known = np.flatnonzero(np.isin(split.train, rows)).astype(np.int64)
    return known, HeldInside(frames["truth"].to_numpy(), clip)


def _rows(
    selection: Selection, way: str, split: Split, choice: Choice
) -> Iterator[tuple[object, ...]]:
    for at, (number, own) in enumerate(
        zip(choice.candidates, choice.temperatures, strict=True), start=1
    ):
        model = selection.candidates[number]
        yield (
            selected_name(way),
            split.repeat,
            split.fold,
            at,
            model.name,
            tell_settings(model.head),
            # where frames are scored no rule was looked at: the run's holds
            choice.rule.name if selection.clip_labels else "",
            round(own.value, 4),
            round(choice.temperature.value, 4),
            selection.criterion,
            round(choice.value, 6),
            len(selection.candidates),
        )


def describe_selection(selection: Selection) -> SelectionTable:
    """Say for ``config.toml`` what could be chosen."""
    return SelectionTable(
        ways=tuple(selection.ways),
        averaged={way: WAYS[way] for way in selection.ways},
        criterion=selection.criterion,
        level="clip" if selection.clip_labels else "frame",
        inner_folds=selection.folds,
        rules=tuple(rule.name for rule in selection.rules) if selection.clip_labels else (),
        candidates=tuple(
            " ".join(filter(None, (model.name, tell_settings(model.head))))
            for model in selection.candidates
        ),
    )

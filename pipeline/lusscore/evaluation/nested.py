"""Nested selection: every choice is made again in each fold, by its training patients alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import Split, split_training
from lusscore.evaluation.dataset import LabelledFrames
from lusscore.evaluation.models import Model
from lusscore.evaluation.predictions import SCORES
from lusscore.evaluation.rules import MAJORITY, GroupedFrames, Rule, majority_score
from lusscore.evaluation.selection import (
    STRATEGIES,
    Selection,
    describe_settings,
    selected_name,
)
from lusscore.evaluation.train_head import Task, train_all
from lusscore.heads import Temperature, learns_from_variants

SELECTION_COLUMNS = (
    "model", "repeat", "fold", "place", "candidate", "settings", "rule", "temperature",
    "mean_temperature", "criterion", "value", "candidates",
)  # fmt: skip

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]
Criterion = Callable[[_Int, _Int, _Float], float]


def _macro_auc(truth: _Int, probabilities: _Float) -> float:
    """Mean over the scores that some rows have and others have not."""
    present = [score for score in SCORES if 0 < np.sum(truth == score) < len(truth)]
    each = [_metrics().roc_auc_score(truth == score, probabilities[:, score]) for score in present]
    return float(np.mean(each))


def _metrics() -> Any:
    """Import scikit-learn's metrics where something is selected, and not for every command."""
    from sklearn import metrics

    return metrics


CRITERIA: dict[str, Criterion] = {
    "quadratic_kappa": lambda truth, scores, _: float(
        _metrics().cohen_kappa_score(truth, scores, weights="quadratic", labels=SCORES)
    ),
    "accuracy": lambda truth, scores, _: float(_metrics().accuracy_score(truth, scores)),
    "balanced_accuracy": lambda truth, scores, _: float(
        _metrics().balanced_accuracy_score(truth, scores)
    ),
    "macro_f1": lambda truth, scores, _: float(
        _metrics().f1_score(
            truth, scores, average="macro", labels=np.unique(truth), zero_division=0
        )
    ),
    "macro_auc": lambda truth, _, probabilities: _macro_auc(truth, probabilities),
    # a probability of 0 counts as 1e-6
    "log_likelihood": lambda truth, _, probabilities: float(
        np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-6)).mean()
    ),
}
"""Name → (truth, predicted scores, probabilities (rows, 4)) → a number, more being better."""


@dataclass(frozen=True)
class Choice:
    """What was selected in one fold.

    `candidates` are the numbers of those whose probabilities are averaged, the best first;
    `temperatures` are of each, and `temperature` of their mean (1 where there is one), fitted on
    the frames held out inside. `value` is the criterion there: the highest of many and thus too
    good, which is why nothing but the order is taken from it.
    """

    candidates: tuple[int, ...]
    temperatures: tuple[Temperature, ...]
    temperature: Temperature
    rule: Rule
    value: float

    def combine(self, probabilities: Sequence[_Float]) -> _Float:
        """Average those of the candidates, shape (frames, 4) each."""
        calibrated = [
            own.apply(one) for own, one in zip(self.temperatures, probabilities, strict=True)
        ]
        return self.temperature.apply(np.mean(calibrated, axis=0))


def choose(
    truth: _Int,
    clip: _Int | None,
    probabilities: Mapping[int, _Float],
    rules: Sequence[Rule],
    criterion: Criterion,
    average: int,
) -> Choice:
    """Select candidates, a rule and temperatures by training frames that were held out inside.

    Every candidate is calibrated first, since rules that look at expected scores depend on it.
    `truth` is of shape (frames,); `clip` numbers the clip of each frame from 0, or is None where
    frames are what is scored and no rule is looked at. `probabilities` has (frames, 4) of each
    candidate by its number. Of equal `rules` the first is selected; the best `average` candidates
    are averaged.
    """
    # a frame alone is a clip of one frame, on which all rules give its most probable score
    group = np.arange(len(truth)) if clip is None else clip
    rules = (MAJORITY,) if clip is None else rules
    tried = {
        number: _best_rule(truth, group, one, rules, criterion)
        for number, one in probabilities.items()
    }
    order = sorted(tried, key=lambda number: (-tried[number].value, number))[:average]
    temperatures = tuple(tried[number].temperature for number in order)
    if len(order) == 1:
        best = tried[order[0]]
        return Choice(tuple(order), temperatures, Temperature(), best.rule, best.value)
    calibrated = [tried[number].temperature.apply(probabilities[number]) for number in order]
    best = _best_rule(truth, group, np.mean(calibrated, axis=0), rules, criterion)
    return Choice(tuple(order), temperatures, best.temperature, best.rule, best.value)


@dataclass(frozen=True)
class _Tried:
    rule: Rule
    temperature: Temperature
    value: float


def _best_rule(
    truth: _Int, group: _Int, probabilities: _Float, rules: Sequence[Rule], criterion: Criterion
) -> _Tried:
    temperature = Temperature.fit(probabilities, truth)
    frames = GroupedFrames.of(temperature.apply(probabilities), group)
    counts = np.zeros((group.max() + 1, len(SCORES)), np.int64)
    np.add.at(counts, (group, truth), 1)
    of_group = majority_score(counts)
    found = [_Tried(rule, temperature, criterion(of_group, *rule.decide(frames))) for rule in rules]
    return max(found, key=lambda tried: tried.value)


@dataclass(frozen=True)
class Selected:
    """One model of one fold.

    `probabilities`, shape (frames, 4), are of the frames held out; `rows` are those of
    ``tables/selection.csv``, in the order of `SELECTION_COLUMNS`; `seconds` were spent on training,
    for choosing and after it.
    """

    name: str
    probabilities: _Float
    rows: tuple[tuple[object, ...], ...]
    seconds: float


def select_and_train(
    dataset: LabelledFrames,
    split: Split,
    selection: Selection,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda heads: None,
) -> tuple[Selected, ...]:
    """Select by the training rows of a fold, train what was selected on all of them, and test it.

    Of the rows held out nothing but embeddings and clips is read, and these only once everything
    is selected. `progress` is called with the number of heads trained since the last call.

    Raises
    ------
    FoldError
        If the training patients cannot be divided again.
    """
    choices, spent = choose_inside(dataset, split, selection, jobs=jobs, progress=progress)
    wanted = sorted({number for choice in choices.values() for number in choice.candidates})
    candidates = [selection.candidates[number] for number in wanted]
    final = [Task(model.features, split, (model.head,)) for model in candidates]
    predicted: dict[int, _Float] = {}
    for number, ((probabilities, seconds),) in zip(
        wanted, train_all(dataset, final, jobs), strict=True
    ):
        predicted[number] = probabilities
        spent += seconds
    return tuple(
        Selected(
            selected_name(strategy),
            choice.combine([predicted[number] for number in choice.candidates]),
            tuple(_rows(selection, strategy, split, choice)),
            spent,
        )
        for strategy, choice in choices.items()
    )


def choose_inside(
    dataset: LabelledFrames,
    split: Split,
    selection: Selection,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda heads: None,
) -> tuple[dict[str, Choice], float]:
    """Select by the training rows of a split alone.

    Returns
    -------
    tuple
        What each strategy selected, by its name, and the seconds spent on training.

    Raises
    ------
    FoldError
        If the training patients cannot be divided again.
    """
    inner = split_training(dataset.frames, split, selection.folds, selection.seed)
    inside = np.full((len(selection.candidates), len(dataset.frames), len(SCORES)), np.nan)
    spent = 0.0
    tasks = list(_tasks(selection.candidates, inner))
    results = train_all(dataset, [task for task, _ in tasks], jobs)
    for (task, numbers), trained in zip(tasks, results, strict=True):
        for number, (probabilities, seconds) in zip(numbers, trained, strict=True):
            inside[number, task.split.test] = probabilities
            spent += seconds
        progress(len(numbers))
    rows = np.sort(np.concatenate([part.test for part in inner]))
    frames = dataset.frames.iloc[rows]
    truth, clip = frames["truth"].to_numpy(), None
    if selection.clip_labels:
        clip = np.unique(frames["clip"].to_numpy(), return_inverse=True)[1]
    seen = dict(enumerate(inside[:, rows]))
    criterion = CRITERIA[selection.criterion]
    choices = {
        strategy: choose(truth, clip, seen, selection.rules, criterion, STRATEGIES[strategy])
        for strategy in selection.strategies
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
        learns = learns_from_variants(candidate.head.name, candidate.head.settings)
        groups.setdefault((candidate.features, learns), []).append(number)
    for numbers in groups.values():
        heads = tuple(candidates[number].head for number in numbers)
        for split in inner:
            yield Task(candidates[numbers[0]].features, split, heads), tuple(numbers)


def _rows(
    selection: Selection, strategy: str, split: Split, choice: Choice
) -> Iterator[tuple[object, ...]]:
    for place, (number, own) in enumerate(
        zip(choice.candidates, choice.temperatures, strict=True), start=1
    ):
        model = selection.candidates[number]
        yield (
            selected_name(strategy),
            split.repeat,
            split.fold,
            place,
            model.name,
            describe_settings(model.head),
            # where frames are scored no rule was looked at: the run's holds
            choice.rule.name if selection.clip_labels else "",
            round(own.value, 4),
            round(choice.temperature.value, 4),
            selection.criterion,
            round(choice.value, 6),
            len(selection.candidates),
        )

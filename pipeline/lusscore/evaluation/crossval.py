"""Cross-validation: heads trained and tested on every split, and selected inside each fold.

Nested selection makes every choice again in each fold, by its training patients alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.cohort import Split, split_training
from lusscore.evaluation.dataset import LabelledFrames
from lusscore.evaluation.guards import check_apart, check_learnable
from lusscore.evaluation.metrics import all_metrics
from lusscore.evaluation.models import (
    EMBEDDING,
    STRATEGIES,
    HeadChoice,
    Model,
    Selection,
    all_of_each,
    check_settings,
    describe_settings,
    plan_models,
    selected_name,
)
from lusscore.evaluation.predictions import (
    PREDICTION_COLUMNS,
    PROBABILITIES,
    SCORES,
    count_scores,
    majority_predictions,
)
from lusscore.evaluation.rules import MAJORITY, GroupedFrames, Rule, majority_score
from lusscore.evaluation.train_head import Task, Trained, train_all
from lusscore.heads import Temperature, learns_from_variants

_TESTED = ["patient", "exam", "zone", "clip", "frame", "truth"]

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]
_Row = dict[str, Any]
Criterion = Callable[[_Int, _Int, _Float], float]


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
    models = plan_models(all_of_each(dataset.backbones, levels), heads, combine)
    check_apart(dataset.frames, splits)
    notes = check_learnable(dataset.frames, splits)
    per_split = sum(not model.is_mean for model in models)
    if selection is not None:
        per_split += len(selection.candidates) * selection.folds
    done = 0

    def count(heads: int) -> None:
        nonlocal done
        done += heads
        if progress is not None:
            progress(done, per_split * len(splits))

    trained = _train_models(dataset, models, splits, jobs, count)
    names: tuple[str, ...] = ()
    chosen: list[_Row] = []
    if selection is not None:
        names = selection.names()
        for number, split in enumerate(splits):
            for one in select_and_train(dataset, split, selection, jobs=jobs, progress=count):
                trained[one.name, number] = one.probabilities, one.seconds
                chosen += one.rows
    predictions, training = _tabulate(dataset.frames, splits, models, names, trained)
    return CrossValidation(
        predictions=predictions,
        training=training,
        notes=tuple(notes),
        models=models,
        selected=names,
        selection=pd.DataFrame(chosen) if names else None,
    )


def _train_models(
    dataset: LabelledFrames,
    models: Sequence[Model],
    splits: Sequence[Split],
    jobs: int,
    count: Callable[[int], None],
) -> dict[tuple[str, int], Trained]:
    """Train every model on every split; keys are model and number of the split."""
    places = {
        (model.name, number): Task(model.features, split, (model.head,))
        for model in models
        if not model.is_mean
        for number, split in enumerate(splits)
    }
    trained: dict[tuple[str, int], Trained] = {}
    found = train_all(dataset, list(places.values()), jobs)
    for place, (one,) in zip(places, found, strict=True):
        trained[place] = one
        count(1)
    for model in models:
        for number in range(len(splits)) if model.is_mean else ():
            members = [trained[member.name, number] for member in model.members()]
            probabilities, seconds = zip(*members, strict=True)
            # training takes as long as that of all members
            trained[model.name, number] = np.mean(probabilities, axis=0), sum(seconds)
    return trained


def _tabulate(
    frames: pd.DataFrame,
    splits: Sequence[Split],
    models: Sequence[Model],
    selected: Sequence[str],
    trained: Mapping[tuple[str, int], Trained],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of ``predictions.csv``, the baseline among them, and of ``training.csv``."""
    truth, patients = frames["truth"].to_numpy(), frames["patient"].to_numpy()
    held_out = [
        frames.loc[split.test, _TESTED].assign(repeat=split.repeat, fold=split.fold)
        for split in splits
    ]
    tables = [
        majority_predictions(rows, truth[split.train])
        for rows, split in zip(held_out, splits, strict=True)
    ]
    epochs = {model.name: model.head.settings.get("epochs") for model in models}
    training: list[_Row] = []
    for name in (*epochs, *selected):
        for number, split in enumerate(splits):
            probabilities, seconds = trained[name, number]
            rows = held_out[number].assign(model=name)
            rows[list(PROBABILITIES)] = probabilities
            tables.append(rows)
            row: _Row = {"model": name, "repeat": split.repeat, "fold": split.fold}
            for part, own in (("train", split.train), ("test", split.test)):
                row[f"{part}_patients"] = len(set(patients[own]))
                row[f"{part}_frames"] = len(own)
            training.append(row | {"epochs": epochs.get(name), "seconds": round(seconds, 3)})
    predictions = pd.concat(tables, ignore_index=True)[list(PREDICTION_COLUMNS)]
    return predictions, pd.DataFrame(training)


def _by_confusion(metric: str) -> Criterion:
    def value(truth: _Int, scores: _Int, _: _Float) -> float:
        confusion = count_scores(truth, scores, len(SCORES)).astype(np.float64)
        return float(all_metrics(confusion)[metric])

    return value


def _macro_auc(truth: _Int, _: _Int, probabilities: _Float) -> float:
    """Mean over the scores that some rows have and others have not."""
    from sklearn.metrics import roc_auc_score

    present = [score for score in SCORES if 0 < np.sum(truth == score) < len(truth)]
    each = [roc_auc_score(truth == score, probabilities[:, score]) for score in present]
    return float(np.mean(each))


def _log_likelihood(truth: _Int, _: _Int, probabilities: _Float) -> float:
    """Mean; a probability of 0 counts as 1e-6."""
    return float(np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-6)).mean())


CRITERIA: dict[str, Criterion] = {
    **{
        name: _by_confusion(name)
        for name in ("quadratic_kappa", "accuracy", "balanced_accuracy", "macro_f1")
    },
    "macro_auc": _macro_auc,
    "log_likelihood": _log_likelihood,
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
    best, temperature = tried[order[0]], Temperature()
    if len(order) > 1:
        calibrated = [tried[number].temperature.apply(probabilities[number]) for number in order]
        best = _best_rule(truth, group, np.mean(calibrated, axis=0), rules, criterion)
        temperature = best.temperature
    temperatures = tuple(tried[number].temperature for number in order)
    return Choice(tuple(order), temperatures, temperature, best.rule, best.value)


class _Tried(NamedTuple):
    rule: Rule
    temperature: Temperature
    value: float


def _best_rule(
    truth: _Int, group: _Int, probabilities: _Float, rules: Sequence[Rule], criterion: Criterion
) -> _Tried:
    temperature = Temperature.fit(probabilities, truth)
    frames = GroupedFrames.of(temperature.apply(probabilities), group)
    of_group = majority_score(count_scores(group, truth, group.max() + 1))
    found = [_Tried(rule, temperature, criterion(of_group, *rule.decide(frames))) for rule in rules]
    return max(found, key=lambda tried: tried.value)


@dataclass(frozen=True)
class Selected:
    """One model of one fold.

    `probabilities`, shape (frames, 4), are of the frames held out; `rows` are those of
    ``tables/selection.csv``; `seconds` were spent on training, for choosing and after it.
    """

    name: str
    probabilities: _Float
    rows: list[_Row]
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
    trained = [one for (one,) in train_all(dataset, final, jobs)]
    predicted = dict(zip(wanted, (probabilities for probabilities, _ in trained), strict=True))
    spent += sum(seconds for _, seconds in trained)
    return tuple(
        Selected(
            selected_name(strategy),
            choice.combine([predicted[number] for number in choice.candidates]),
            _selection_rows(selection, strategy, split, choice),
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

    Gives what each strategy selected, by its name, and the seconds spent on training; raises
    :class:`FoldError` if the training patients cannot be divided again.
    """
    inner = split_training(dataset.frames, split, selection.folds, selection.seed)
    inside = np.full((len(selection.candidates), len(dataset.frames), len(SCORES)), np.nan)
    spent = 0.0
    tasks = _tasks(selection.candidates, inner)
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


def _tasks(candidates: Sequence[Model], inner: Sequence[Split]) -> list[tuple[Task, list[int]]]:
    """Group candidates that see the same numbers, so that these are gathered once.

    Tasks that take alike long stand beside each other.
    """
    groups: dict[object, list[int]] = defaultdict(list)
    for number, candidate in enumerate(candidates):
        learns = learns_from_variants(candidate.head.name, candidate.head.settings)
        groups[candidate.features, learns].append(number)
    return [
        (
            Task(candidates[own[0]].features, split, tuple(candidates[one].head for one in own)),
            own,
        )
        for own in groups.values()
        for split in inner
    ]


def _selection_rows(
    selection: Selection, strategy: str, split: Split, choice: Choice
) -> list[_Row]:
    chosen = [selection.candidates[number] for number in choice.candidates]
    return [
        {
            "model": selected_name(strategy),
            "repeat": split.repeat,
            "fold": split.fold,
            "place": place,
            "candidate": model.name,
            "settings": describe_settings(model.head),
            # where frames are scored no rule was looked at: the run's holds
            "rule": choice.rule.name if selection.clip_labels else "",
            "temperature": round(own.value, 4),
            "mean_temperature": round(choice.temperature.value, 4),
            "criterion": selection.criterion,
            "value": round(choice.value, 6),
            "candidates": len(selection.candidates),
        }
        for place, (model, own) in enumerate(zip(chosen, choice.temperatures, strict=True), start=1)
    ]

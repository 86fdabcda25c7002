"""Training heads on every labelled patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lusscore.bundle import Member
from lusscore.cohort import Split
from lusscore.evaluation import (
    LabelledFrames,
    Model,
    Rule,
    choose_inside,
    fit_on,
    recorded_model,
    recorded_selection,
    selected_name,
)
from lusscore.training.recorded_run import RecordedRun


@dataclass(frozen=True)
class FittedMembers:
    """Heads, and how their answers become one.

    Attributes
    ----------
    members
        Trained on all labelled frames.
    temperature
        That the mean of their probabilities is scaled by.
    clip_rule
        From frames to clips.
    """

    members: tuple[Member, ...]
    temperature: float
    clip_rule: Rule


def fit_members(
    dataset: LabelledFrames,
    run: RecordedRun,
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FittedMembers:
    """Train the run's model on all patients: the very procedure that the run has measured.

    A model that the run chose anew in each fold is chosen once more, by folds of all patients.

    Parameters
    ----------
    dataset
        All labelled frames.
    run
        With the model wanted.
    jobs
        Processes for choosing.
    progress
        Called with (heads trained, heads in all).
    """
    if not run.is_selected:
        model = recorded_model(run.config, run.model)
        models = model.members() if model.is_mean else (model,)
        counted = _Steps(len(models), progress)
        members = tuple(_fit(dataset, one, 1.0, counted) for one in models)
        return FittedMembers(members, 1.0, run.clip_rule)
    selection = recorded_selection(run.config)
    way = next(way for way in selection.ways if selected_name(way) == run.model)
    everyone = Split(
        1, 1, np.arange(len(dataset.frames)), np.empty(0, np.int64), name="On all patients"
    )
    counted = _Steps(len(selection.candidates) * selection.folds, progress)
    choices, _ = choose_inside(dataset, everyone, selection, jobs=jobs, progress=counted)
    choice = choices[way]
    members = tuple(
        _fit(dataset, selection.candidates[number], own.value, _Steps(0, progress))
        for number, own in zip(choice.candidates, choice.temperatures, strict=True)
    )
    return FittedMembers(
        members,
        choice.temperature.value,
        choice.rule if selection.clip_labels else run.clip_rule,
    )


@dataclass
class _Steps:
    total: int
    progress: Callable[[int, int], None]
    done: int = 0

    def __call__(self, heads: int) -> None:
        self.done += heads
        if self.total:
            self.progress(self.done, self.total)


def _fit(
    dataset: LabelledFrames, model: Model, temperature: float, count: Callable[[int], None]
) -> Member:
    head = fit_on(dataset, model.features, model.head)
    count(1)
    return Member(model.features, model.head.name, dict(model.head.settings), head, temperature)

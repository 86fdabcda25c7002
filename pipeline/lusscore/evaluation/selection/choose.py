"""Which candidate did best on patients of the training side that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.predictions import SCORES
from lusscore.evaluation.rules import MAJORITY, Rule
from lusscore.evaluation.rules.grouped_frames import GroupedFrames
from lusscore.evaluation.rules.majority import majority_score
from lusscore.evaluation.selection.criteria import Criterion
from lusscore.heads import Temperature

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]


@dataclass(frozen=True)
class HeldInside:
    """Training frames that were held out inside the training side.

    Attributes
    ----------
    truth
        Shape (frames,).
    clip
        Clip of each frame by whole numbers from 0, each at least once, shape (frames,); None
        where frames are what is scored.
    """

    truth: _Int
    clip: _Int | None


@dataclass(frozen=True)
class Choice:
    """What was chosen in one fold.

    Attributes
    ----------
    candidates
        Numbers of the candidates whose probabilities are averaged; one of them, if one was
        chosen. The first did best.
    temperatures
        Of each candidate's probabilities, fitted on the frames held out inside.
    temperature
        Of their mean, fitted there too; 1 where there is one candidate.
    rule
        From frames to clips.
    value
        The criterion there. It is the highest of many and thus too good, which is why nothing but
        the order is taken from it.
    """

    candidates: tuple[int, ...]
    temperatures: tuple[Temperature, ...]
    temperature: Temperature
    rule: Rule
    value: float

    def combine(self, probabilities: Sequence[_Float]) -> _Float:
        """Make one answer of those of the candidates, shape (frames, 4) each."""
        calibrated = [
            own.apply(one) for own, one in zip(self.temperatures, probabilities, strict=True)
        ]
        return self.temperature.apply(np.mean(calibrated, axis=0))


def choose(
    rows: HeldInside,
    probabilities: Mapping[int, _Float],
    rules: Sequence[Rule],
    criterion: Criterion,
    average: int,
) -> Choice:
    """Choose candidates, a rule and a temperature by what was held out inside.

    Every candidate is calibrated first, since rules that look at expected scores depend on it.

    Parameters
    ----------
    rows
        What was held out.
    probabilities
        Of each candidate by its number, shape (frames, 4).
    rules
        From frames to clips, the one wanted among equals first; not looked at where frames are
        scored.
    criterion
        More is better.
    average
        How many candidates to average: the best so many.
    """
    rules = rules if rows.clip is not None else (MAJORITY,)
    tried = {
        number: _best_rule(rows, one, rules, criterion) for number, one in probabilities.items()
    }
    order = sorted(tried, key=lambda number: (-tried[number].value, number))[:average]
    temperatures = tuple(tried[number].temperature for number in order)
    if len(order) == 1:
        (best,) = (tried[number] for number in order)
        return Choice(tuple(order), temperatures, Temperature(), best.rule, best.value)
    calibrated = [tried[number].temperature.apply(probabilities[number]) for number in order]
    best = _best_rule(rows, np.mean(calibrated, axis=0), rules, criterion)
    return Choice(tuple(order), temperatures, best.temperature, best.rule, best.value)


@dataclass(frozen=True)
class _Tried:
    rule: Rule
    temperature: Temperature
    value: float


def _best_rule(
    rows: HeldInside, probabilities: _Float, rules: Sequence[Rule], criterion: Criterion
) -> _Tried:
    temperature = Temperature.fit(probabilities, rows.truth)
    calibrated = temperature.apply(probabilities)
    # a frame alone is a clip of one frame, on which all rules give its most probable score
    group = np.arange(len(rows.truth)) if rows.clip is None else rows.clip
    frames = GroupedFrames.of(calibrated, group)
    truth = _majority(rows.truth, group)
    found = []
    for rule in rules:
        scores, means = rule.decide(frames)
        found.append(_Tried(rule, temperature, criterion(truth, scores, means)))
    return max(found, key=lambda tried: tried.value)


def _majority(truth: _Int, group: _Int) -> _Int:
    counts = np.zeros((group.max() + 1, len(SCORES)), np.int64)
    np.add.at(counts, (group, truth), 1)
    return majority_score(counts)

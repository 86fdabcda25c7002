"""Calibrated probabilities and the review threshold, from held-out patients, and their effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.errors import HeadError
from lusscore.evaluation import (
    BINS,
    GroupedFrames,
    Rule,
    calibration_error,
    confidence_bin,
    draw_patients,
    group_frames,
    interval,
    ratio,
)
from lusscore.heads import Temperature, fit_temperature

COVERAGE = 0.8
# Below it a score is more likely wrong than right, whatever share of clips a person then sees.
LEAST_CONFIDENCE = 0.5
# A clip whose own score has no probability at all must not outweigh all others.
_LEAST = 1e-6

RESAMPLES, SEED = 1000, 0

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]
Measured = dict[str, tuple[float, tuple[float, float]]]
"""Value and 95 % interval over patients, by name."""


@dataclass(frozen=True)
class HeldOutClips:
    """Held-out clips: probabilities of their frames, and per clip its true score and more.

    `fold` tells those of repeats apart, and `patient` is a number; both have shape (clips,).
    """

    frames: GroupedFrames
    truth: _Int
    fold: _Int
    patient: _Int
    rule: Rule

    @classmethod
    def of(cls, predictions: pd.DataFrame, rule: Rule) -> HeldOutClips:
        """Take one model's rows of ``predictions.csv``."""
        groups = group_frames(predictions, "clip")
        table = groups.table
        return cls(
            groups.frames,
            table["truth"].to_numpy(np.int64),
            np.asarray(table.groupby(["repeat", "fold"]).ngroup(), np.int64),
            np.asarray(table.groupby("patient").ngroup(), np.int64),
            rule,
        )

    def only(self, wanted: NDArray[np.bool_]) -> HeldOutClips:
        """Take some clips, bool of shape (clips,)."""
        own = (self.truth[wanted], self.fold[wanted], self.patient[wanted])
        return HeldOutClips(self.frames.of_groups(wanted), *own, self.rule)

    def decide(self, temperature: float = 1.0) -> tuple[_Int, _Float]:
        """Return scores, shape (clips,), and probabilities, (clips, 4), of scaled frames."""
        scaled = Temperature(temperature).apply(self.frames.probabilities)
        return self.rule.decide(GroupedFrames(scaled, self.frames.starts))


@dataclass(frozen=True)
class Calibration:
    """What is fixed from held-out clips for use on other patients.

    `temperature` scales the frames' probabilities, before the rule makes a clip's of them. A person
    must look at a clip whose score has a probability below `least_confidence`, 0.5 or more.
    `coverage` is the share of the held-out clips that reach it: what was asked for, or less where
    fewer are more likely right than wrong.
    """

    temperature: float
    least_confidence: float
    coverage: float


def calibrate(clips: HeldOutClips, coverage: float = COVERAGE) -> Calibration:
    """Fit the temperature of highest likelihood for clips, and the confidence to ask for.

    Of the clips' probabilities and not the frames', since it is clips and zones that are shown with
    a probability. The threshold leaves the least confident clips to a person (selective
    prediction; El-Yaniv & Wiener 2010, J Mach Learn Res 11:1605–1641); at most `coverage` of them,
    a share above 0 and at most 1, need no review.
    """
    if not 0 < coverage <= 1:
        raise HeadError(
            f"A coverage of {coverage:g} is not possible; expected a share above 0 and at most 1."
        )

    def loss(temperature: float) -> float:
        _, probabilities = clips.decide(temperature)
        own = _of_scores(clips.truth, probabilities)
        return -float(np.log(np.maximum(own, _LEAST)).mean())

    temperature = fit_temperature(loss, precision=1e-4).value
    confidence = np.sort(_of_scores(*clips.decide(temperature)))
    left = min(int(np.floor((1 - coverage) * len(confidence))), len(confidence) - 1)
    least = max(float(confidence[left]), LEAST_CONFIDENCE)
    return Calibration(temperature, least, float(np.mean(confidence >= least)))


def cross_fit(
    clips: HeldOutClips, coverage: float = COVERAGE
) -> tuple[_Int, _Float, NDArray[np.bool_]]:
    """Calibrate the clips of each fold by the others, so that it can be reported how well it works.

    What is calibrated on the very clips it is shown on looks better than it will be. Returns
    scores, shape (clips,), probabilities, (clips, 4), and which clips reach the threshold.
    """
    scores = np.zeros(len(clips.truth), np.int64)
    probabilities = np.zeros((len(clips.truth), 4))
    confident = np.zeros(len(clips.truth), bool)
    for fold in np.unique(clips.fold):
        mine = clips.fold == fold
        # a patient is held out once in every repeat, and must not calibrate itself in another
        others = ~np.isin(clips.patient, np.unique(clips.patient[mine]))
        found = calibrate(clips.only(others), coverage)
        scores[mine], probabilities[mine] = clips.only(mine).decide(found.temperature)
        own = _of_scores(scores[mine], probabilities[mine])
        confident[mine] = own >= found.least_confidence
    return scores, probabilities, confident


def _of_scores(scores: _Int, probabilities: _Float) -> _Float:
    return np.asarray(probabilities[np.arange(len(scores)), scores])


def measure_selective(clips: HeldOutClips, coverage: float = COVERAGE) -> Measured:
    """Measure probabilities, and selective prediction, over clips held out from both.

    ``accuracy`` is of all clips, ``accuracy_confident`` of those that reach the review threshold
    (1 − selective risk), ``coverage`` the share of these, and ``accuracy_review`` of the rest; NaN
    where there are none. Intervals resample patients (percentiles).
    """
    scores, probabilities, sure = cross_fit(clips, coverage)
    patients = int(clips.patient.max()) + 1
    draws = draw_patients(patients, RESAMPLES, SEED)
    weights = np.concatenate([np.ones((1, patients)), draws])[:, clips.patient]
    right = (scores == clips.truth).astype(np.float64)
    confidence = _of_scores(scores, probabilities)
    squares = np.square(probabilities - np.eye(4)[clips.truth]).sum(axis=1)
    bins = np.eye(BINS)[confidence_bin(confidence)]
    confident = sure.astype(np.float64)

    def mean(values: _Float, among: _Float) -> _Float:
        return ratio(weights @ (values * among), weights @ among)

    every = np.ones_like(right)
    off = weights @ (bins * (confidence - right)[:, None])
    drawn = {
        "brier": mean(squares, every),
        "calibration_error": calibration_error(weights @ bins, off),
        "accuracy": mean(right, every),
        "accuracy_confident": mean(right, confident),
        "accuracy_review": mean(right, 1 - confident),
        "coverage": mean(confident, every),
    }
    undefined = float("nan"), float("nan")
    return {
        name: (float(values[0]), interval(values[1:]) or undefined)
        for name, values in drawn.items()
    }

"""How sure a scorer may be of a clip, learned from patients that were held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from lusscore.errors import HeadError
from lusscore.head import HIGHEST, LOWEST
from lusscore.training.held_out_clips import HeldOutClips

COVERAGE = 0.8
# Below it a score is more likely wrong than right, whatever share of clips a person then sees.
LEAST_CONFIDENCE = 0.5
# A clip whose own score has no probability at all must not outweigh all others.
_LEAST = 1e-6

_Float = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """What is fixed from held-out clips for use on other patients.

    Attributes
    ----------
    temperature
        That frames' probabilities are scaled by, before the rule makes a clip's of them.
    least_confidence
        Probability of a clip's score below which a person is to look; 0.5 or more.
    coverage
        Share of the held-out clips that reach it, 0–1: what was asked for, or less where that
        few are more likely right than wrong.
    """

    temperature: float
    least_confidence: float
    coverage: float


@dataclass(frozen=True)
class CrossFitted:
    """Held-out clips, each calibrated by what the other folds gave alone.

    Attributes
    ----------
    scores, truth
        int64, shape (clips,).
    probabilities
        float64, shape (clips, 4).
    trusted
        bool, shape (clips,): as sure as `Calibration.least_confidence` of the other folds asks.
    patient
        By number, shape (clips,).
    """

    scores: NDArray[np.int64]
    truth: NDArray[np.int64]
    probabilities: _Float
    trusted: NDArray[np.bool_]
    patient: NDArray[np.int64]


def calibrate(clips: HeldOutClips, coverage: float = COVERAGE) -> Calibration:
    """Fit the temperature of highest likelihood for clips, and the confidence to ask for.

    As :class:`lusscore.head.temperature.Temperature`, but of the clips' probabilities and not the
    frames', since it is clips and zones that are shown with a probability. The threshold leaves
    the least sure clips to a person (reject option; El-Yaniv & Wiener 2010, J Mach Learn Res
    11:1605–1641).

    Parameters
    ----------
    clips
        Held out from whatever scored them.
    coverage
        Share of clips that the scorer is to be believed on at most, above 0 and at most 1.

    Raises
    ------
    HeadError
        If the coverage is out of range.
    """
    if not 0 < coverage <= 1:
        raise HeadError(
            f"A coverage of {coverage:g} is not possible; expected a share above 0 and at most 1."
        )

    def loss(log_temperature: float) -> float:
        _, probabilities = clips.decide(float(np.exp(log_temperature)))
        own = probabilities[np.arange(len(clips.truth)), clips.truth]
        return -float(np.log(np.maximum(own, _LEAST)).mean())

    found = minimize_scalar(
        loss,
        bounds=(np.log(LOWEST), np.log(HIGHEST)),
        method="bounded",
        options={"xatol": 1e-4},
    )
    temperature = float(np.exp(found.x))
    confidence = np.sort(_confidence(*clips.decide(temperature)))
    left = min(int(np.floor((1 - coverage) * len(confidence))), len(confidence) - 1)
    least = max(float(confidence[left]), LEAST_CONFIDENCE)
    return Calibration(temperature, least, float(np.mean(confidence >= least)))


def cross_fit(clips: HeldOutClips, coverage: float = COVERAGE) -> CrossFitted:
    """Calibrate the clips of each fold by the others, so that it can be reported how well it works.

    What is calibrated on the very clips it is shown on looks better than it will be.
    """
    scores = np.zeros(len(clips.truth), np.int64)
    probabilities = np.zeros((len(clips.truth), 4))
    trusted = np.zeros(len(clips.truth), bool)
    for fold in np.unique(clips.fold):
        mine = clips.fold == fold
        # a patient is held out once in every repeat, and must not calibrate itself in another
        others = ~np.isin(clips.patient, np.unique(clips.patient[mine]))
        found = calibrate(clips.only(others), coverage)
        scores[mine], probabilities[mine] = clips.only(mine).decide(found.temperature)
        own = _confidence(scores[mine], probabilities[mine])
        trusted[mine] = own >= found.least_confidence
    return CrossFitted(scores, clips.truth, probabilities, trusted, clips.patient)


def _confidence(scores: NDArray[np.int64], probabilities: _Float) -> _Float:
    return np.asarray(probabilities[np.arange(len(scores)), scores])

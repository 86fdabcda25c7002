"""Calibrated probabilities: temperature scaling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from lusscore.errors import HeadError

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]
_LOWEST, _HIGHEST = 0.05, 20.0


@dataclass(frozen=True)
class Temperature:
    """Divides log-probabilities by `value` and makes them sum to 1 again.

    Guo et al. 2017, On Calibration of Modern Neural Networks, ICML 70:1321–1330. Softmax of
    logits divided by T is the same as this of probabilities. Above 1 all scores come closer to
    each other, below 1 they part; the most probable one stays. scikit-learn has the method for a
    classifier, and not for probabilities that are there already.

    `value` is T, above 0 or a `HeadError`; 1 changes nothing.
    """

    value: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.value) and self.value > 0):
            raise HeadError(f"Temperature {self.value} is not possible; expected one above 0.")

    @classmethod
    def fit(cls, probabilities: _Float, classes: _Int) -> Temperature:
        """Find the temperature of highest likelihood, between 0.05 and 20.

        Probabilities, shape (rows, classes), are held out from whatever gave them, and calibration
        must not be reported on them; `classes` are the columns of the true classes. A row whose own
        class has probability 0 has it at every temperature and counts for nothing; HeadError if no
        row is left.
        """
        rows = np.flatnonzero(probabilities[np.arange(len(classes)), classes] > 0)
        if not len(rows):
            raise HeadError("A temperature cannot be fitted without a row; give held-out rows.")
        logs, own = _log(probabilities[rows]), (np.arange(len(rows)), classes[rows])
        return fit_temperature(lambda value: -float(log_softmax(logs / value, axis=1)[own].sum()))

    def apply(self, probabilities: ArrayLike) -> _Float:
        """Scale probabilities, shape (rows, classes); each row sums to 1 and zeros stay zeros."""
        logs = _log(np.asarray(probabilities, dtype=np.float64))
        return np.asarray(np.exp(log_softmax(logs / self.value, axis=1)))


def fit_temperature(loss: Callable[[float], float], precision: float = 1e-6) -> Temperature:
    """Return the temperature between 0.05 and 20, up to a factor of 1 ± `precision`, of least loss.

    `loss` takes a temperature, and is the negative log-likelihood of whatever is calibrated.
    """
    found = minimize_scalar(
        lambda log_temperature: loss(float(np.exp(log_temperature))),
        bounds=(np.log(_LOWEST), np.log(_HIGHEST)),
        method="bounded",
        options={"xatol": precision},
    )
    return Temperature(float(np.exp(found.x)))


def _log(probabilities: _Float) -> _Float:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probabilities))

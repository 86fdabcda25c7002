"""Calibrated probabilities: Platt's sigmoids of decision values, and temperature scaling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax
from sklearn.calibration import _SigmoidCalibration

from lusscore.errors import HeadError
from lusscore.heads.linear import NEVER, logits_of_two

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

    Attributes
    ----------
    value
        T, above 0; 1 changes nothing.

    Raises
    ------
    HeadError
        If it is not a number above 0.
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


@dataclass(frozen=True)
class Platt:
    """One sigmoid per class on decision values, made to sum to 1.

    Platt, J. (1999). Probabilistic outputs for support vector machines and comparisons to
    regularized likelihood methods. In: Advances in Large Margin Classifiers, 61–74. As
    scikit-learn's `CalibratedClassifierCV` with ``method="sigmoid"``, which takes classifiers
    and not decision values.

    Attributes
    ----------
    present
        int64: classes that were seen held out, and so could be calibrated; at least two.
    slopes, offsets
        float64, shape (classes present,), or (1,) of two classes: a decision value d becomes
        1 / (1 + exp(slope · d + offset)).
    """

    present: _Int
    slopes: _Float
    offsets: _Float

    @classmethod
    def fit(cls, decisions: _Float, classes: _Int, weights: _Float) -> Platt:
        """Fit to held-out decisions, shape (rows, classes), of at least two different classes."""
        present = np.unique(classes)
        decisive = present[1:] if len(present) == 2 else present
        sigmoids = [
            _SigmoidCalibration().fit(decisions[:, label], classes == label, weights)
            for label in decisive
        ]
        slopes = np.array([sigmoid.a_ for sigmoid in sigmoids], np.float64)
        offsets = np.array([sigmoid.b_ for sigmoid in sigmoids], np.float64)
        return cls(present.astype(np.int64), slopes, offsets)

    def probabilities(self, decisions: _Float) -> _Float:
        """Turn decisions, shape (rows, classes), into probabilities; 0 for absent classes."""
        probabilities = np.zeros(decisions.shape)
        if len(self.slopes) == 1:
            second = expit(-(self.slopes[0] * decisions[:, self.present[1]] + self.offsets[0]))
            probabilities[:, self.present] = np.stack([1 - second, second], axis=1)
            return probabilities
        own = expit(-(decisions[:, self.present] * self.slopes + self.offsets))
        total = own.sum(axis=1, keepdims=True)
        # where every sigmoid gives 0, all classes have the same share
        share = np.full_like(own, 1 / own.shape[1])
        np.divide(own, total, out=share, where=total != 0)
        probabilities[:, self.present] = share
        return probabilities

    def logits(self, weights: _Float, bias: _Float) -> tuple[_Float, _Float]:
        """Turn linear decisions into linear log-odds of each class against the others.

        Weights, shape (dim, classes), and bias, shape (classes,), stay so. Where two classes are
        present, softmax of the log-odds is what :meth:`probabilities` gives.
        """
        decisive = self.present[-len(self.slopes) :]
        odds = -weights[:, decisive] * self.slopes
        offsets = -(bias[decisive] * self.slopes + self.offsets)
        if len(self.slopes) == 1:
            odds, offsets = logits_of_two(odds[:, 0], offsets[0])
        all_odds, all_offsets = np.zeros(weights.shape), np.full(bias.shape, NEVER)
        all_odds[:, self.present], all_offsets[self.present] = odds, offsets
        return all_odds, all_offsets

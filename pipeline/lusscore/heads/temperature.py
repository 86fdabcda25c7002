"""Temperature scaling: one number that makes probabilities less, or more, sure of themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from lusscore.errors import HeadError

LOWEST, HIGHEST = 0.05, 20.0


@dataclass(frozen=True)
class Temperature:
    """Divides log-probabilities by `value` and makes them sum to 1 again.

    Guo et al. 2017, On Calibration of Modern Neural Networks, ICML 70:1321–1330. Softmax of
    logits divided by T is the same as this of probabilities. Above 1 all scores come closer to
    each other, below 1 they part; the most probable one stays. scikit-learn has the method from
    1.8 on, for a classifier and not for probabilities that are there already.

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
    def fit(
        cls, probabilities: ArrayLike, classes: ArrayLike, weights: ArrayLike | None = None
    ) -> Temperature:
        """Find the temperature of highest likelihood, between 0.05 and 20.

        Rows must be held out from whatever gave the probabilities, and must not be those on which
        calibration is reported. A row whose own class has probability 0 has it at every
        temperature and counts for nothing.

        Parameters
        ----------
        probabilities
            Shape (rows, classes).
        classes
            Column of the class each row has, int, shape (rows,).
        weights
            Of each row, shape (rows,); None if all count alike.

        Raises
        ------
        HeadError
            If the shapes do not fit each other, or no row is left to fit on.
        """
        given = np.asarray(probabilities, dtype=np.float64)
        own = np.asarray(classes, dtype=np.int64)
        weight = np.ones(len(own)) if weights is None else np.asarray(weights, dtype=np.float64)
        if given.ndim != 2 or own.shape != given.shape[:1] or weight.shape != own.shape:
            raise HeadError(
                f"A temperature cannot be fitted to probabilities of shape {given.shape}, classes "
                f"of shape {own.shape} and weights of shape {weight.shape}; expected (rows, "
                "classes), (rows,) and (rows,)."
            )
        rows = np.flatnonzero(given[np.arange(len(own)), own] > 0)
        if not weight[rows].sum() > 0:
            raise HeadError("A temperature cannot be fitted without a row; give held-out rows.")
        logs, own, weight = _log(given[rows]), own[rows], weight[rows]

        def loss(log_temperature: float) -> float:
            scaled = log_softmax(logs / np.exp(log_temperature), axis=1)
            return -float(weight @ scaled[np.arange(len(own)), own])

        found = minimize_scalar(
            loss,
            bounds=(np.log(LOWEST), np.log(HIGHEST)),
            method="bounded",
            options={"xatol": 1e-6},
        )
        return cls(float(np.exp(found.x)))

    def apply(self, probabilities: ArrayLike) -> NDArray[np.float64]:
        """Scale probabilities, shape (rows, classes); each row sums to 1 and zeros stay zeros."""
        logs = _log(np.asarray(probabilities, dtype=np.float64))
        return np.asarray(np.exp(log_softmax(logs / self.value, axis=1)))


def _log(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probabilities))

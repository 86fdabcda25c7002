"""What a head says of itself as a linear function of a frame's embedding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Float = NDArray[np.float64]
# Stands for the logarithm of 0 in a sum that must stay finite.
NEVER = -1000.0


@dataclass(frozen=True)
class LinearForm:
    """Logits, of which softmax is what the head answers if there is no note.

    Attributes
    ----------
    weights
        float64, shape (dim, classes).
    bias
        float64, shape (classes,); `NEVER` for a class that the head never answers.
    notes
        Why they are not the answer, each a short clause.
    """

    weights: _Float
    bias: _Float
    notes: tuple[str, ...] = ()


def logits_of_two(weights: NDArray[np.floating], bias: float) -> tuple[_Float, _Float]:
    """Return two logits whose softmax is the sigmoid of one.

    Parameters
    ----------
    weights
        Shape (dim,): with `bias`, the log-odds of the second class.

    Returns
    -------
    tuple of float64 arrays
        Shape (dim, 2) and (2,): half for one class, half against the other.
    """
    sides = np.array([-0.5, 0.5])
    return np.asarray(weights, np.float64)[:, None] * sides, float(bias) * sides

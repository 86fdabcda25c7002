"""Division where the denominator may be 0, as in a resample that holds no such row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Sums of squares about a mean are 0 but for rounding; counts are far above it.
_TINY = 1e-9


def ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> NDArray[np.float64]:
    """Divide; NaN where the denominator is 0, or below but for rounding.

    Parameters
    ----------
    numerator, denominator
        Of shapes that broadcast to each other.

    Returns
    -------
    ndarray of float64, shape of both
    """
    over, under = np.broadcast_arrays(numerator, denominator)
    result = np.full(over.shape, np.nan)
    np.divide(over, under, out=result, where=under > _TINY)
    return result

"""When the frames of a clip were recorded, kept in few numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A clock that is regular to within this many seconds is kept as its period alone.
_REGULAR = 1e-3


@dataclass(frozen=True)
class Clock:
    """The times of a clip's frames.

    Attributes
    ----------
    period
        Seconds between frames of a regular clip; NaN of any other.
    seconds
        Time of each frame of a clip that is not regular; empty for one that is, and for one that
        has no clock.
    """

    period: float = math.nan
    seconds: tuple[float, ...] = ()

    @classmethod
    def of(cls, times: Sequence[float]) -> Clock:
        """Keep the times of all frames of a clip, in seconds; NaN where there is no clock."""
        known = np.asarray(times, np.float64)
        if not len(known) or np.isnan(known).any():
            return cls()
        period = float(known[-1] - known[0]) / max(1, len(known) - 1)
        if np.abs(known - known[0] - period * np.arange(len(known))).max() <= _REGULAR:
            return cls(round(period, 9))
        return cls(seconds=tuple(round(float(time - known[0]), 6) for time in known))

    def times(self, frames: int) -> NDArray[np.float64]:
        """Return the seconds of the first `frames` frames since the first; NaN without a clock."""
        if self.seconds:
            return np.array(self.seconds[:frames], np.float64)
        return self.period * np.arange(frames, dtype=np.float64)

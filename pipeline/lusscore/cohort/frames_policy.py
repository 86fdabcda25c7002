"""Which frames of a clip are used."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.errors import CohortError

_PATTERN = re.compile(r"(all)|(every|per-clip|per-second):([1-9][0-9]{0,8})")
# Clocks are kept in microseconds, so that a frame may seem to come this much before its second.
_TICK = 1e-4


@dataclass(frozen=True)
class FramesPolicy:
    """A rule that picks frames of a clip by number.

    Attributes
    ----------
    kind
        ``"all"``, ``"every"`` (every n-th frame from the first), ``"per-clip"`` (n frames
        spread evenly, all if the clip has fewer) or ``"per-second"`` (n frames of each second by
        the clip's own clock, all if it has none).
    n
        The number in ``every:n``, ``per-clip:n`` or ``per-second:n``; 1 for ``all``.
    """

    kind: str
    n: int = 1

    @classmethod
    def parse(cls, text: str) -> FramesPolicy:
        """Read ``all``, ``every:n``, ``per-clip:n`` or ``per-second:n``.

        Raises
        ------
        CohortError
            If `text` is none of these.
        """
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise CohortError(
                f"Unknown frames policy {text!r}; expected all, every:n, per-clip:n or "
                "per-second:n with a whole number n from 1 to 999999999, e.g. per-clip:16."
            )
        if match[1]:
            return cls("all")
        return cls(match[2], int(match[3]))

    def __str__(self) -> str:
        return self.kind if self.kind == "all" else f"{self.kind}:{self.n}"

    def select(self, frames: int, times: NDArray[np.float64] | None = None) -> NDArray[np.int64]:
        """Pick frame numbers of a clip that has `frames` frames.

        Parameters
        ----------
        frames
            Number of frames.
        times
            Seconds of each frame, shape (frames,); None or NaN where the clip has no clock.
            Only ``per-second`` asks for them.

        Returns
        -------
        ndarray of int64, shape (selected,)
            Strictly increasing, each in ``[0, frames)``. ``per-clip:n`` takes the middle frame
            of each of n equal parts, ``per-second:n`` the first frame of each n-th of a second.
        """
        if self.kind == "every":
            return np.arange(0, frames, self.n)
        if self.kind == "per-clip" and self.n < frames:
            return ((np.arange(self.n) + 0.5) * frames / self.n).astype(np.int64)
        if self.kind == "per-second" and times is not None and frames:
            return self._of_each_second(times)
        return np.arange(frames)

    def _of_each_second(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        if np.isnan(times).any():
            return np.arange(len(times))
        # a clock that runs back for a frame must not show the same moment twice
        since = np.maximum.accumulate(times - times[0])
        slots = np.floor((since + _TICK) * self.n)
        return np.flatnonzero(np.diff(slots, prepend=-1.0) > 0)

"""Which frames of a clip are used."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.errors import CohortError

_PATTERN = re.compile(r"(all)|(every|per-clip):([1-9]\d*)")


@dataclass(frozen=True)
class FramesPolicy:
    """A rule that picks frames of a clip by number.

    Attributes
    ----------
    kind
        ``"all"``, ``"every"`` (every n-th frame from the first) or ``"per-clip"`` (n frames
        spread evenly, all if the clip has fewer).
    n
        The number in ``every:n`` or ``per-clip:n``; 1 for ``all``.
    """

    kind: str
    n: int = 1

    @classmethod
    def parse(cls, text: str) -> FramesPolicy:
        """Read ``all``, ``every:n`` or ``per-clip:n``.

        Raises
        ------
        CohortError
            If `text` is none of these.
        """
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise CohortError(
                f"Unknown frames policy {text!r}; expected all, every:n or per-clip:n "
                "with a whole number n of at least 1, e.g. per-clip:16."
            )
        if match[1]:
            return cls("all")
        return cls(match[2], int(match[3]))

    def __str__(self) -> str:
        return self.kind if self.kind == "all" else f"{self.kind}:{self.n}"

    def select(self, frames: int) -> NDArray[np.int64]:
        """Pick frame numbers of a clip that has `frames` frames.

        Returns
        -------
        ndarray of int64, shape (selected,)
            Strictly increasing, each in ``[0, frames)``. ``per-clip:n`` takes the middle frame
            of each of n equal parts.
        """
        if self.kind == "every":
            return np.arange(0, frames, self.n)
        if self.kind == "per-clip" and self.n < frames:
            return ((np.arange(self.n) + 0.5) * frames / self.n).astype(np.int64)
        return np.arange(frames)

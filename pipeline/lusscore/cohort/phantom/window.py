"""The view of the sliding lung."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lusscore.cohort.phantom.arrays import BoolArray, FloatArray


@dataclass(frozen=True)
class Window:
    """Which part of the lung can come into view.

    Attributes
    ----------
    visible
        Beams that reach the pleura: no rib hides it and the probe has contact; shape (beams,).
    margin
        Beams by which the lung is wider than the view on either side.
    reach
        Largest sliding either way in beams, at most `margin` and short enough for some of the
        lung to stay in view.
    beams_per_mm
        Density of the beams along the pleura.
    """

    visible: BoolArray
    margin: int
    reach: int
    beams_per_mm: float

    @property
    def lung_beams(self) -> int:
        """Width of the lung in beams."""
        return len(self.visible) + 2 * self.margin

    def always_visible(self, clearance: float = 0.0) -> FloatArray:
        """Beams of the lung that stay in view at any phase of breathing, ascending.

        Parameters
        ----------
        clearance
            Distance in mm that they keep from the edge of the view where there is room for it.
        """
        for extra in (int(clearance * self.beams_per_mm), 0):
            around = 2 * (self.reach + extra) + 1
            counts = np.convolve(self.visible, np.ones(around, dtype=int))
            kept = counts[self.reach + extra :][: len(self.visible)] == around
            if kept.any():
                break
        return (np.flatnonzero(kept) + self.margin).astype(np.float32)

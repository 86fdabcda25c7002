"""Seeing the lung's canvas through the view while it slides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort.phantom.arrays import ComplexArray, FloatArray
from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.lung import ABOVE, LungCanvas
from lusscore.cohort.phantom.motion import Motion
from lusscore.cohort.phantom.pleura import Pleura
from lusscore.cohort.phantom.window import Window

_Image = TypeVar("_Image", FloatArray, ComplexArray)


@dataclass(frozen=True)
class DepthLookup:
    """Which canvas samples lie at each depth of the view, along a pleura that is not level.

    Attributes
    ----------
    upper
        Flat index of the sample above, shape (rows, beams).
    weight
        Share of the sample below, same shape.
    inside
        1 where there is canvas, same shape.
    beams
        Beams of the view.
    """

    upper: NDArray[np.intp]
    weight: FloatArray
    inside: FloatArray
    beams: int

    def place(self, lung: ComplexArray) -> ComplexArray:
        """Move every beam of a cut of the canvas so that it starts at the pleura."""
        flat = lung.ravel()
        seen = flat.take(self.upper) * (1 - self.weight)
        seen += flat.take(self.upper + self.beams) * self.weight
        return seen * self.inside


def make_depth_lookup(grid: BeamGrid, pleura: Pleura) -> DepthLookup:
    """Work out the lookup for a view of `grid.beams` beams; it is the same for all frames."""
    row = (grid.depths()[:, None] - pleura.depth[None, :] + ABOVE) / grid.row_step
    inside = (row >= 0).astype(np.float32)
    row = np.clip(row, 0, int(np.ceil((grid.depth + ABOVE) / grid.row_step)) - 2)
    first = row.astype(np.intp)
    upper = first * grid.beams + np.arange(grid.beams)[None, :]
    return DepthLookup(upper, (row - first).astype(np.float32), inside, grid.beams)


def slide(
    canvas: LungCanvas, window: Window, motion: Motion, time: float
) -> tuple[ComplexArray, FloatArray]:
    """Cut what is in view at `time` seconds from the lung and renew its speckle.

    Returns
    -------
    echoes
        Shape (canvas rows, beams).
    erased
        Share of the reverberations that is suppressed, shape (beams,).
    """
    start = window.margin + motion.sliding(time) * window.beams_per_mm
    angle = motion.turnover(time)
    turned = np.float32(np.cos(angle)) * canvas.first + np.float32(np.sin(angle)) * canvas.second
    beams = len(window.visible)
    erased = cut_beams(canvas.erased[None, :], start, beams)[0]
    return cut_beams(turned, start, beams), erased


def cut_beams(image: _Image, start: float, count: int) -> _Image:
    """Cut `count` columns from a fractional position, interpolating linearly.

    Parameters
    ----------
    image
        Shape (rows, beams), with at least ``ceil(start) + count`` beams.
    start
        First column, at least 0.
    count
        Columns to cut.
    """
    first = int(start)
    part = np.float32(start - first)
    left, right = image[:, first : first + count], image[:, first + 1 : first + 1 + count]
    return left * (1 - part) + right * part

"""From beam coordinates to image pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort.phantom.arrays import BoolArray, FloatArray
from lusscore.cohort.phantom.grid import BeamGrid

_TOP = 0.016
_BOTTOM = 0.075
_SIDE = 0.012
"""Black borders as fractions of the image size; the mark lies in the bottom one."""


@dataclass(frozen=True)
class ScanConverter:
    """A scan conversion whose geometry is worked out once.

    Attributes
    ----------
    sector
        Pixels inside the insonified region, shape (size, size).
    pixel
        Size of a pixel in mm.
    corners
        Flat indices of the four samples around each sector pixel, shape (4, pixels).
    weights
        Their bilinear weights, shape (4, pixels).
    """

    sector: BoolArray
    pixel: float
    corners: NDArray[np.intp]
    weights: FloatArray

    def convert(self, image: FloatArray) -> FloatArray:
        """Interpolate an image in beam coordinates at the sector's pixels.

        Parameters
        ----------
        image
            Shape (rows, beams).

        Returns
        -------
        ndarray of float32, shape (pixels,)
            In the order of ``sector``'s True pixels.
        """
        flat = image.ravel()
        total: FloatArray = self.weights[0] * flat.take(self.corners[0])
        for corner, weight in zip(self.corners[1:], self.weights[1:], strict=True):
            total += weight * flat.take(corner)
        return total


def make_scan_converter(grid: BeamGrid, size: int) -> ScanConverter:
    """Work out where the beams of `grid` fall in a square image of `size` pixels.

    The image shows depth downwards. The fan of a convex probe is scaled to the height of the
    image (its sides may run out of it) or to fit whole, as the probe says.
    """
    probe = grid.probe
    top, height = _TOP * size, (1 - _TOP - _BOTTOM) * size
    width = (1 - 2 * _SIDE) * size
    if probe.convex:
        upper = probe.radius * np.cos(probe.width / 2)
        tall = probe.radius + grid.depth - upper
        wide = 2 * (probe.radius + grid.depth) * np.sin(probe.width / 2)
    else:
        upper, tall, wide = 0.0, grid.depth, probe.width
    scale = height / tall if probe.cropped else min(height / tall, width / wide)
    y, x = np.mgrid[:size, :size].astype(np.float64) + 0.5
    down = (y - top) / scale + upper
    across = (x - size / 2) / scale
    if probe.convex:
        radius = np.hypot(across, down)
        depth, lateral = radius - probe.radius, np.arctan2(across, down)
    else:
        depth, lateral = down, across
    row = depth / grid.row_step - 0.5
    beam = lateral / grid.beam_step + (grid.beams - 1) / 2
    sector = (row >= 0) & (row < grid.rows - 1) & (beam >= 0) & (beam < grid.beams - 1)
    sector &= (x >= _SIDE * size) & (x <= (1 - _SIDE) * size) & (y < (1 - _BOTTOM) * size)
    row, beam = row[sector], beam[sector]
    r, b = row.astype(np.intp), beam.astype(np.intp)
    u, v = row - r, beam - b
    first = r * grid.beams + b
    corners = np.stack([first, first + 1, first + grid.beams, first + grid.beams + 1])
    weights = np.stack([(1 - u) * (1 - v), (1 - u) * v, u * (1 - v), u * v]).astype(np.float32)
    return ScanConverter(sector, 1 / scale, corners, weights)

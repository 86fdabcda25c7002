"""Beam coordinates: depth along the beam times beam number."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lusscore.cohort.phantom.arrays import FloatArray
from lusscore.cohort.phantom.probes import Probe


@dataclass(frozen=True)
class BeamGrid:
    """Where the samples of an image in beam coordinates lie.

    Attributes
    ----------
    probe
        The probe that scans.
    depth
        Displayed depth in mm.
    rows, beams
        Samples along a beam; number of beams.
    beam_step
        Distance of two beams in radians (convex) or mm (linear).
    """

    probe: Probe
    depth: float
    rows: int
    beams: int
    beam_step: float

    @property
    def row_step(self) -> float:
        """Distance of two samples along a beam in mm."""
        return self.depth / self.rows

    def widened(self, margin: int) -> BeamGrid:
        """Return the grid with `margin` more beams on either side."""
        return replace(self, beams=self.beams + 2 * margin)

    def depths(self) -> FloatArray:
        """Depths of all rows in mm, shape (rows,)."""
        return ((np.arange(self.rows) + 0.5) * self.row_step).astype(np.float32)

    def laterals(self) -> FloatArray:
        """Lateral positions of all beams in radians or mm, 0 in the middle, shape (beams,)."""
        centred = np.arange(self.beams) - (self.beams - 1) / 2
        return (centred * self.beam_step).astype(np.float32)

    def beams_of(self, arc: float, depth: float) -> float:
        """Turn `arc` mm along the depth `depth` mm into a number of beams."""
        return self.probe.lateral(arc, depth) / self.beam_step

    def arcs(self, depth: float) -> FloatArray:
        """Lateral positions of all beams in mm along the depth `depth` mm, shape (beams,)."""
        scale = self.probe.radius + depth if self.probe.convex else 1.0
        return self.laterals() * np.float32(scale)

    def resolution(self, depths: FloatArray) -> FloatArray:
        """Two-way lateral resolution in mm (full width at half maximum), shape as `depths`.

        A focused aperture of width a has a beam about ``wavelength * depth / a`` wide by
        diffraction; away from the focus f its geometric width ``a * |1 - depth / f|`` adds, of
        which dynamic receive focusing leaves a part.
        """
        probe = self.probe
        diffraction = probe.wavelength * np.maximum(depths, probe.aperture) / probe.aperture
        defocus = 0.12 * probe.aperture * np.abs(1 - depths / probe.focus)
        width: FloatArray = np.hypot(diffraction, np.minimum(defocus, 0.3 * probe.aperture))
        return width

    def beam_widths(self, depths: FloatArray) -> FloatArray:
        """Two-way lateral resolution in beams (full width at half maximum), shape as `depths`."""
        arc = self.probe.radius + depths if self.probe.convex else np.ones_like(depths)
        return self.resolution(depths) / (np.float32(self.beam_step) * arc)


def make_grid(probe: Probe, depth: float, size: int) -> BeamGrid:
    """Choose samples dense enough for an image of `size` pixels: 5/4 rows and 1/2 beams a pixel."""
    beams = size // 2
    return BeamGrid(probe, depth, size * 5 // 4, beams, probe.width / beams)

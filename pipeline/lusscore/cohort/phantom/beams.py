"""Beam coordinates (depth along the beam × beam number): probes, grids and speckle."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float32]
ComplexArray: TypeAlias = NDArray[np.complex64]
"""Baseband echoes: the magnitude is the envelope's amplitude, 1 is that of muscle."""
BoolArray: TypeAlias = NDArray[np.bool_]
ByteArray: TypeAlias = NDArray[np.uint8]

SPEED_OF_SOUND = 1.54
"""Speed of sound in soft tissue, mm per microsecond."""
_FWHM_TO_SIGMA = 1 / 2.3548
# a bilinear scan conversion needs about one and a half samples across the narrowest feature
_NARROWEST = 0.6


def keyed_generator(seed: int, patient: int, *words: str) -> np.random.Generator:
    """Return the generator of one purpose, such as ``"R-ant-sup", "ribs"``.

    The same key gives the same numbers whatever was drawn before, in whichever process and
    however many patients there are.
    """
    key = (patient, *(zlib.crc32(word.encode()) for word in words))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def amplitude(level: NDArray[np.floating[Any]] | float) -> FloatArray:
    """Turn dB relative to muscle into an amplitude: ``10 ** (level / 20)``."""
    factor: FloatArray = np.exp(np.asarray(level, dtype=np.float32) * np.float32(np.log(10) / 20))
    return factor


@dataclass(frozen=True)
class Probe:
    """What sets the geometry and the resolution of an image."""

    name: str  # the device in the manifest
    radius: float  # of the curved face, mm; 0 for a linear probe
    width: float  # field of view: full angle in radians if convex, mm if linear
    frequency: float  # MHz; a pulse has 1.5 periods
    aperture: float  # mm
    focus: float  # depth of the transmit focus, mm
    depths: tuple[float, float]  # range of the displayed depth, mm
    grain: float  # share of the speckle's contrast that its image processing leaves, 0–1
    dynamic_range: tuple[float, float]  # dB
    walls: tuple[float, float]  # thickness of the chest walls of patients scanned with it, mm
    cropped: bool = False  # whether the sides of the fan run out of the image
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)  # colour of white

    @property
    def convex(self) -> bool:
        """Whether the face is curved, so that beams fan out."""
        return self.radius > 0

    @property
    def wavelength(self) -> float:
        """Wavelength in mm."""
        return SPEED_OF_SOUND / self.frequency

    @property
    def pulse_length(self) -> float:
        """Axial resolution in mm: half the length of the pulse."""
        return 1.5 * self.wavelength / 2


PROBES = (
    Probe(
        name="phantom-convex-A",
        radius=52.0,
        width=1.28,
        frequency=3.0,
        aperture=20.0,
        focus=60.0,
        depths=(85.0, 125.0),
        grain=0.32,
        dynamic_range=(66.0, 76.0),
        walls=(16.0, 34.0),
        cropped=True,
    ),
    Probe(
        name="phantom-convex-B",
        radius=40.0,
        width=0.92,
        frequency=3.6,
        aperture=23.0,
        focus=50.0,
        depths=(80.0, 125.0),
        grain=0.45,
        dynamic_range=(60.0, 70.0),
        walls=(16.0, 36.0),
        tint=(0.95, 0.98, 1.0),
    ),
    Probe(
        name="phantom-linear-A",
        radius=0.0,
        width=46.0,
        frequency=7.0,
        aperture=14.0,
        focus=22.0,
        depths=(50.0, 66.0),
        grain=0.4,
        dynamic_range=(62.0, 72.0),
        walls=(10.0, 20.0),
        tint=(1.0, 1.0, 0.96),
    ),
)
PROBE_SHARES = (0.45, 0.33, 0.22)
"""Share of patients scanned with each of `PROBES`."""


@dataclass(frozen=True)
class BeamGrid:
    """Where the samples of an image in beam coordinates lie."""

    probe: Probe
    depth: float  # displayed, mm
    rows: int  # samples along a beam
    beams: int
    beam_step: float  # radians (convex) or mm (linear)

    @property
    def row_step(self) -> float:
        """Distance of two samples along a beam in mm."""
        return self.depth / self.rows

    @property
    def pulse(self) -> float:
        """Axial resolution in rows."""
        return self.probe.pulse_length / self.row_step

    def widened(self, margin: int) -> BeamGrid:
        """Return the grid with `margin` more beams on either side."""
        return replace(self, beams=self.beams + 2 * margin)

    def depths(self) -> FloatArray:
        """Depths of all rows in mm, shape (rows,)."""
        return ((np.arange(self.rows) + 0.5) * self.row_step).astype(np.float32)

    def beams_of(self, arc: float, depth: float) -> float:
        """Turn `arc` mm along the depth `depth` mm into a number of beams."""
        lateral = arc / (self.probe.radius + depth) if self.probe.convex else arc
        return lateral / self.beam_step

    def arcs(self, depth: float) -> FloatArray:
        """Lateral positions of all beams in mm along the depth `depth` mm, shape (beams,)."""
        lateral = ((np.arange(self.beams) - (self.beams - 1) / 2) * self.beam_step).astype(
            np.float32
        )
        return lateral * np.float32(self.probe.radius + depth if self.probe.convex else 1.0)

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


def speckle(
    rng: np.random.Generator, row_width: float, beam_widths: FloatArray, beams: int
) -> ComplexArray:
    """Draw baseband speckle of unit mean power, shape (rows, beams), periodic in depth.

    The receiver turns the echoes of many scatterers within one resolution cell into a circular
    complex Gaussian sum, whose envelope is Rayleigh distributed (Wagner et al. 1983). So white
    complex noise is filtered by a separable Gaussian point-spread function: `row_width` rows by
    `beam_widths` beams (full widths at half maximum), the latter for every row.
    """
    from scipy import fft

    rows, length = len(beam_widths), fft.next_fast_len(beams)
    noise = rng.standard_normal((rows, length, 2), dtype=np.float32).view(np.complex64)[..., 0]
    axial = _transfer(np.asarray([max(row_width * _FWHM_TO_SIGMA, _NARROWEST)]), rows)
    lateral = _transfer(np.maximum(beam_widths * _FWHM_TO_SIGMA, _NARROWEST), length)
    field = fft.ifft(fft.fft(noise, axis=0) * axial.T, axis=0)
    field = fft.ifft(fft.fft(field, axis=1) * lateral, axis=1)
    return np.asarray(field[:, :beams] * np.float32(np.sqrt(0.5)), dtype=np.complex64)


def smooth_noise(
    rng: np.random.Generator, row_width: float, beam_width: float, shape: tuple[int, int]
) -> FloatArray:
    """Draw real noise of unit variance, correlated over so many rows and beams."""
    widths = np.full(shape[0], beam_width, dtype=np.float32)
    field = speckle(rng, row_width, widths, shape[1])
    return np.ascontiguousarray(field.real) * np.float32(np.sqrt(2))


def smooth_line(rng: np.random.Generator, width: float, length: int) -> FloatArray:
    """Draw a line of real noise of unit variance, correlated over `width` samples."""
    white = rng.standard_normal(length)
    transfer = _transfer(np.asarray([max(width * _FWHM_TO_SIGMA, 0.1)]), length)[0]
    return np.fft.ifft(np.fft.fft(white) * transfer).real.astype(np.float32)


def _transfer(sigmas: FloatArray, length: int) -> FloatArray:
    """Gaussian low-pass filters that keep the power of white noise, shape (sigmas, length)."""
    frequency = 2 * np.pi * np.fft.fftfreq(length)
    gains = np.exp(-0.5 * np.square(np.outer(sigmas, frequency)))
    gains /= np.sqrt(np.mean(np.square(gains), axis=1, keepdims=True))
    return gains.astype(np.float32)

"""From echoes to pixels: noise, compression, speckle reduction, colours and scan conversion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort.phantom.beams import (
    BeamGrid,
    BoolArray,
    ByteArray,
    ComplexArray,
    FloatArray,
    Probe,
    amplitude,
    speckle,
)

_ATTENUATION = 0.05
"""Soft tissue attenuates about 0.5 dB per cm and MHz one way: dB per mm and MHz."""
_SPECKLE_SPREAD = 5.57
"""Standard deviation of a Rayleigh envelope in dB."""
_GAMMA = 1.25
"""Exponent of the grey map; above 1 darkens."""
_LEE_WINDOW = (13, 9)
"""Rows and beams over which local mean and variance are taken, a few resolution cells."""
_NOISE_STRIDE = 67
"""Beams between the cuts of consecutive frames; odd, so that it takes long to repeat."""
_TOP, _BOTTOM, _SIDE = 0.016, 0.075, 0.012
"""Black borders as fractions of the image size; the mark lies in the bottom one."""
_MARK_LEVEL = 150
_GLYPHS = {
    "S": ("###", "#..", "###", "..#", "###"),
    "Y": ("#.#", "#.#", ".#.", ".#.", ".#."),
    "N": ("#.#", "###", "###", "###", "#.#"),
    "T": ("###", ".#.", ".#.", ".#.", ".#."),
    "H": ("#.#", "#.#", "###", "#.#", "#.#"),
    "E": ("###", "#..", "##.", "#..", "###"),
    "I": ("###", ".#.", ".#.", ".#.", "###"),
    "C": ("###", "#..", "#..", "#..", "###"),
}


@dataclass(frozen=True)
class Display:
    """How a device shows echoes."""

    white: float  # level shown as white, dB relative to muscle
    dynamic_range: float  # dB below it that are shown; what is weaker is black
    tilt: float  # error of the time-gain compensation, dB per mm
    noise: float  # level of the receiver's noise at the surface, dB relative to muscle

    def gain_curve(self, depths: FloatArray) -> FloatArray:
        """Amplitude factor over depth by which compensation misses attenuation."""
        return amplitude(self.tilt * (depths - depths.mean()))

    def noise_curve(self, depths: FloatArray, probe: Probe) -> FloatArray:
        """Amplitude of the noise over depth.

        Compensation amplifies the receiver's noise by what the tissue attenuates two ways, up
        to the amplifier's limit.
        """
        gain = 2 * _ATTENUATION * probe.frequency * depths
        return amplitude(self.noise + 26 * np.tanh(gain / 26))

    def compress(self, echoes: ComplexArray, grain: float) -> FloatArray:
        """Log-compress the envelope of echoes to 0 (black) to 1 (white), linear in dB."""
        power = np.square(echoes.real) + np.square(echoes.imag)
        level = np.log10(power + np.float32(1e-12))
        level *= np.float32(10 / self.dynamic_range)
        level += np.float32(1 - self.white / self.dynamic_range)
        level = reduce_speckle(level, grain, _SPECKLE_SPREAD / self.dynamic_range)
        return np.clip(level, 0, 1, out=level)


def noise_bank(rng: np.random.Generator, grid: BeamGrid, display: Display) -> ComplexArray:
    """Draw noise twice as wide as the view, from which every frame cuts another part.

    It has passed the receiver's filter, so it is as coarse in depth as the pulse, but unlike
    echoes nearly independent from beam to beam.
    """
    noise = speckle(rng, grid.pulse, np.full(grid.rows, 1.8, dtype=np.float32), 2 * grid.beams)
    return noise * display.noise_curve(grid.depths(), grid.probe)[:, None]


def frame_noise(bank: ComplexArray, number: int) -> ComplexArray:
    """Cut the noise of frame `number` from its bank, shape (rows, bank's beams / 2)."""
    beams = bank.shape[1] // 2
    start = number * _NOISE_STRIDE % beams
    return bank[:, start : start + beams]


def reduce_speckle(level: FloatArray, grain: float, spread: float) -> FloatArray:
    """Draw samples towards their local mean where nothing but speckle makes them differ.

    After Lee (1980): local variance beyond what speckle explains (its standard deviation is
    `spread`) is structure and is kept; of the rest, the share `grain` stays.
    """
    from scipy.ndimage import uniform_filter

    mean = uniform_filter(level, _LEE_WINDOW, mode="nearest")
    variance = uniform_filter(np.square(level), _LEE_WINDOW, mode="nearest") - np.square(mean)
    excess = variance / np.float32(spread * spread) - np.float32(1.5)
    keep = np.float32(grain) + np.float32(1 - grain) * np.clip(excess / np.float32(4), 0, 1)
    return np.asarray(mean + keep * (level - mean), dtype=np.float32)


def colour_map(probe: Probe) -> ByteArray:
    """Table from compressed level to colour, shape (1024, 3)."""
    grey = np.round(255 * np.linspace(0, 1, 1024) ** _GAMMA)
    colours: ByteArray = np.round(grey[:, None] * np.asarray(probe.tint)).astype(np.uint8)
    return colours


class ScanConverter:
    """From beam coordinates to a square image of `size` pixels that shows depth downwards.

    The fan of a convex probe is scaled to the height of the image (its sides may run out of
    it) or to fit whole, as the probe says.

    Attributes
    ----------
    sector
        Pixels inside the insonified region, shape (size, size).
    """

    def __init__(self, grid: BeamGrid, size: int) -> None:
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
            depth, lateral = np.hypot(across, down) - probe.radius, np.arctan2(across, down)
        else:
            depth, lateral = down, across
        row = depth / grid.row_step - 0.5
        beam = lateral / grid.beam_step + (grid.beams - 1) / 2
        sector = (row >= 0) & (row < grid.rows - 1) & (beam >= 0) & (beam < grid.beams - 1)
        sector &= (x >= _SIDE * size) & (x <= (1 - _SIDE) * size) & (y < (1 - _BOTTOM) * size)
        self.sector: BoolArray = sector
        row, beam = row[sector], beam[sector]
        r, b = row.astype(np.intp), beam.astype(np.intp)
        u, v = row - r, beam - b
        first = r * grid.beams + b
        self._corners: NDArray[np.intp] = np.stack(
            [first, first + 1, first + grid.beams, first + grid.beams + 1]
        )
        self._weights: FloatArray = np.stack(
            [(1 - u) * (1 - v), (1 - u) * v, u * (1 - v), u * v]
        ).astype(np.float32)

    def convert(self, image: FloatArray) -> FloatArray:
        """Interpolate an image in beam coordinates at the sector's pixels, shape (pixels,)."""
        samples = image.ravel().take(self._corners)
        return np.asarray((self._weights * samples).sum(axis=0), dtype=np.float32)


def synthetic_mark(size: int) -> tuple[slice, slice, ByteArray]:
    """Draw the word SYNTHETIC for the black bottom left corner of a frame of `size` pixels.

    It is the same for all clips of a cohort, so that it gives a network no hint.

    Returns
    -------
    rows, columns, pixels
        Where in the frame the mark lies, and its grey values.
    """
    letters = [
        [[cell == "#" for cell in line] + [False] for line in _GLYPHS[letter]]
        for letter in "SYNTHETIC"
    ]
    scale = max(1, size // 128)
    drawn = np.kron(np.hstack(letters), np.ones((scale, scale))).astype(np.uint8) * _MARK_LEVEL
    bottom, left = size - max(2, size // 64), max(2, size // 64)
    height, width = drawn.shape
    return slice(bottom - height, bottom), slice(left, left + width), drawn

"""From echoes to grey levels: noise floor, time-gain compensation and log compression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lusscore.cohort.phantom.arrays import ByteArray, ComplexArray, FloatArray, amplitude
from lusscore.cohort.phantom.probes import Probe
from lusscore.cohort.phantom.speckle_reduction import reduce_speckle

_ATTENUATION = 0.05
"""Soft tissue attenuates about 0.5 dB per cm and MHz one way: dB per mm and MHz."""

_SPECKLE_SPREAD = 5.57
"""Standard deviation of a Rayleigh envelope in dB."""


@dataclass(frozen=True)
class Display:
    """How a device shows echoes.

    Attributes
    ----------
    white
        Level in dB relative to muscle that is shown as white.
    dynamic_range
        Range below it in dB that is shown; what is weaker is black.
    grain
        Share of the speckle's contrast that the device's filter leaves, 0–1.
    gamma
        Exponent of the grey map; above 1 darkens.
    tilt
        Error of the time-gain compensation in dB per mm.
    noise
        Level of the receiver's noise at the surface in dB relative to muscle.
    """

    white: float
    dynamic_range: float
    grain: float
    gamma: float
    tilt: float
    noise: float

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

    def compress(self, echoes: ComplexArray) -> FloatArray:
        """Log-compress the envelope of baseband echoes.

        Returns
        -------
        ndarray of float32, shape as `echoes`
            0 (black) to 1 (white), linear in dB.
        """
        power = np.square(echoes.real) + np.square(echoes.imag)
        level = np.log10(power + np.float32(1e-12))
        level *= np.float32(10 / self.dynamic_range)
        level += np.float32(1 - self.white / self.dynamic_range)
        level = reduce_speckle(level, self.grain, _SPECKLE_SPREAD / self.dynamic_range)
        return np.clip(level, 0, 1, out=level)

    def grey_map(self) -> ByteArray:
        """Table of 1024 grey values from black to white."""
        grey: ByteArray = np.round(255 * np.linspace(0, 1, 1024) ** self.gamma).astype(np.uint8)
        return grey


def colour_map(display: Display, probe: Probe) -> ByteArray:
    """Table from compressed level to colour, shape (1024, 3)."""
    colours: ByteArray = np.round(display.grey_map()[:, None] * np.asarray(probe.tint)).astype(
        np.uint8
    )
    return colours

"""Fully developed speckle: white complex scatterers seen through a point-spread function."""

from __future__ import annotations

import numpy as np

from lusscore.cohort.phantom.arrays import ComplexArray, FloatArray
from lusscore.cohort.phantom.grid import BeamGrid

_FWHM_TO_SIGMA = 1 / 2.3548
# a bilinear scan conversion needs about one and a half samples across the narrowest feature
_NARROWEST = 0.6


def speckle(
    rng: np.random.Generator,
    row_width: float,
    beam_widths: FloatArray,
    beams: int,
) -> ComplexArray:
    """Draw baseband speckle of unit mean power; its envelope is Rayleigh distributed.

    The receiver turns the echoes of many scatterers within one resolution cell into a circular
    complex Gaussian sum (Wagner et al. 1983), so white complex noise is filtered by a separable
    Gaussian point-spread function whose lateral width changes with depth. It is periodic in
    depth.

    Parameters
    ----------
    rng
        Source of the scatterers.
    row_width
        Axial full width at half maximum in rows.
    beam_widths
        Lateral full width at half maximum in beams for every row, shape (rows,).
    beams
        Number of beams.

    Returns
    -------
    ndarray of complex64, shape (rows, beams)
    """
    from scipy import fft

    rows, wanted = len(beam_widths), beams
    beams = fft.next_fast_len(wanted)
    noise = rng.standard_normal((rows, beams, 2), dtype=np.float32).view(np.complex64)[..., 0]
    axial = _transfer(np.asarray([max(row_width * _FWHM_TO_SIGMA, _NARROWEST)]), rows)
    lateral = _transfer(np.maximum(beam_widths * _FWHM_TO_SIGMA, _NARROWEST), beams)
    field = fft.ifft(fft.fft(noise, axis=0) * axial.T, axis=0)
    field = fft.ifft(fft.fft(field, axis=1) * lateral, axis=1)
    return np.asarray(field[:, :wanted] * np.float32(np.sqrt(0.5)), dtype=np.complex64)


def smooth_noise(
    rng: np.random.Generator, row_width: float, beam_width: float, shape: tuple[int, int]
) -> FloatArray:
    """Draw real noise of zero mean and unit variance with the given correlation lengths.

    Parameters
    ----------
    rng
        Source.
    row_width, beam_width
        Full widths at half maximum of the smoothing kernel, in rows and beams.
    shape
        Rows and beams.

    Returns
    -------
    ndarray of float32, shape `shape`
    """
    widths = np.full(shape[0], beam_width, dtype=np.float32)
    return np.ascontiguousarray(speckle(rng, row_width, widths, shape[1]).real) * np.float32(
        np.sqrt(2)
    )


def smooth_line(rng: np.random.Generator, width: float, length: int) -> FloatArray:
    """Draw a line of real noise, zero mean, unit variance, correlated over `width` samples.

    Returns
    -------
    ndarray of float32, shape (length,)
    """
    white = rng.standard_normal(length)
    transfer = _transfer(np.asarray([max(width * _FWHM_TO_SIGMA, 0.1)]), length)[0]
    return np.fft.ifft(np.fft.fft(white) * transfer).real.astype(np.float32)


def grid_speckle(rng: np.random.Generator, grid: BeamGrid, beams: int) -> ComplexArray:
    """Draw speckle with the point-spread function of the grid's probe, `beams` wide.

    Returns
    -------
    ndarray of complex64, shape (grid.rows, beams)
    """
    return speckle(
        rng, grid.probe.pulse_length / grid.row_step, grid.beam_widths(grid.depths()), beams
    )


def _transfer(sigmas: FloatArray, length: int) -> FloatArray:
    """Gaussian low-pass filters that keep the power of white noise, shape (sigmas, length)."""
    frequency = 2 * np.pi * np.fft.fftfreq(length)
    gains = np.exp(-0.5 * np.square(np.outer(sigmas, frequency)))
    gains /= np.sqrt(np.mean(np.square(gains), axis=1, keepdims=True))
    return gains.astype(np.float32)

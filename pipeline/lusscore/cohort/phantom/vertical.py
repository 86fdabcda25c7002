"""Vertical artefacts: B-lines, and the comet tails of healthy pleura."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lusscore.cohort.phantom.arrays import FloatArray
from lusscore.cohort.phantom.signs import HALF, Signs
from lusscore.cohort.phantom.window import Window

_NARROWEST = 2.0
"""Width in beams below which a B-line is left out instead of narrowed."""


@dataclass(frozen=True)
class VerticalArtefact:
    """An artefact that starts at the pleura and follows the beam.

    Attributes
    ----------
    centre, width
        Position on the lung and width at half amplitude, in beams.
    level
        Level in dB relative to muscle.
    length
        Depth below the pleura in mm over which it fades to 1/e; None for a B-line, which
        reaches the bottom of the image without fading.
    """

    centre: float
    width: float
    level: float
    length: float | None = None

    def profile(self, beams: int) -> FloatArray:
        """Amplitude across `beams` beams of the lung, 1 in the centre, 0.5 at the edges."""
        away = 2 * np.abs(np.arange(beams) - self.centre) / self.width
        shape: FloatArray = np.exp(-np.log(2) * away**3).astype(np.float32)
        return shape


def covered(artefacts: Sequence[VerticalArtefact], window: Window) -> tuple[float, float]:
    """Least and largest share of the visible pleura that B-lines cover while the lung slides.

    Returns
    -------
    least, largest
        0–1, over all displacements within the window's reach.
    """
    under = np.zeros(window.lung_beams, dtype=bool)
    for artefact in artefacts:
        if artefact.length is None:
            under |= artefact.profile(window.lung_beams) >= 0.5
    seen = np.flatnonzero(window.visible) + window.margin
    shifts = np.arange(-window.reach, window.reach + 1)
    shares = under[seen[None, :] + shifts[:, None]].mean(axis=1)
    return float(shares.min()), float(shares.max())


def draw_vertical_artefacts(
    rng: np.random.Generator, signs: Signs, window: Window, base: float
) -> tuple[VerticalArtefact, ...]:
    """Draw vertical artefacts so that the rubric holds at every phase of breathing.

    Parameters
    ----------
    rng
        Source.
    signs
        What must show.
    window
        What part of the lung can come into view.
    base
        Level in dB relative to muscle above which B-lines and comet tails stand out.
    """
    tails = _comet_tails(rng, window, base)
    if signs.b_lines is not None:
        places = rng.choice(window.always_visible(), signs.b_lines)
        lines = [_b_line(rng, float(place), window, base, 0.0) for place in places]
        return (*lines, *tails)
    wide = 0.1 if signs.score == 1 else 0.4
    lines = [_b_line(rng, float(rng.choice(window.always_visible())), window, base, wide)]
    while np.mean(covered(lines, window)) < signs.coverage and len(lines) < 40:
        place = float(rng.uniform(0, window.lung_beams))
        lines.append(_b_line(rng, place, window, base, wide))
    if signs.score == 1:
        return (*_narrowed(lines, window), *tails)
    if signs.score == 2:
        return tuple(_widened(lines, window))
    return tuple(lines)


def _b_line(
    rng: np.random.Generator, centre: float, window: Window, base: float, wide: float
) -> VerticalArtefact:
    """Draw one B-line, broad with the probability `wide`."""
    width = rng.uniform(4.5, 10.0) if rng.random() < wide else rng.uniform(1.5, 4.0)
    level = float(rng.uniform(3.0, 9.0)) + base
    return VerticalArtefact(centre, max(float(width) * window.beams_per_mm, 3.0), level)


def _comet_tails(rng: np.random.Generator, window: Window, base: float) -> list[VerticalArtefact]:
    """Draw short artefacts that fade, as healthy pleura also shows; they mean nothing."""
    return [
        VerticalArtefact(
            centre=float(rng.uniform(0, window.lung_beams)),
            width=max(float(rng.uniform(1.0, 2.5)) * window.beams_per_mm, 2.0),
            level=float(rng.uniform(6, 12)) + base,
            length=float(rng.uniform(3, 10)),
        )
        for _ in range(rng.integers(0, 5))
    ]


def _narrowed(lines: list[VerticalArtefact], window: Window) -> list[VerticalArtefact]:
    """Narrow B-lines, then drop the last ones, until they never cover more than half."""
    while covered(lines, window)[1] > HALF:
        lines = [replace(line, width=line.width * 0.93) for line in lines]
        if len(lines) > 1 and min(line.width for line in lines) < _NARROWEST:
            lines = lines[:-1]
    return lines


def _widened(lines: list[VerticalArtefact], window: Window) -> list[VerticalArtefact]:
    """Widen B-lines until they always cover more than half."""
    while covered(lines, window)[0] <= HALF:
        lines = [replace(line, width=line.width * 1.07) for line in lines]
    return lines

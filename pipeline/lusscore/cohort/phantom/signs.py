"""Which signs a score shows and where they lie: the Lung Ultrasound Score as rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lusscore.cohort.phantom.beams import BoolArray, FloatArray, smooth_line

MOST_NORMAL_B_LINES = 2
"""B-lines that a score of 0 may show."""
HALF = 0.5
"""Share of the pleura that vertical artefacts may cover at a score of 1 and must exceed at 2."""
_OVERLAP = 0.9
"""How far the signs of one score reach towards those of its neighbours, 0–1."""
_NARROWEST = 2.0
"""Width in beams below which a B-line is left out instead of narrowed."""


@dataclass(frozen=True)
class Signs:
    """What the pleura and the lung of one zone show."""

    score: int  # 0–3; 3 is white lung
    irregularity: float  # of the pleural line, 0 (smooth) to 1
    b_lines: int = 0  # their number at a score of 0
    coverage: float = 0.0  # wanted share of visible pleura with vertical artefacts, above 0
    breaks: int = 0  # gaps of the pleural line
    subpleural: int = 0  # small consolidations
    consolidation: bool = False  # a large one


def draw_signs(rng: np.random.Generator, score: int) -> Signs:
    """Draw signs that have the given score by Table 1 of Raillard et al. 2022.

    ======  =======================================================================
    score   what must show
    ======  =======================================================================
    0       normal A-lines, at most two B-lines
    1       irregular pleura, vertical artefacts on at most half of the pleura
    2       broken pleura, vertical artefacts on more than half, (sub)pleural consolidations
    3       white lung with or without large consolidations
    ======  =======================================================================
    """

    def between(low: float, high: float) -> float:
        half = _OVERLAP * (high - low) / 2
        return rng.uniform(-half, half) + (low + high) / 2

    if score == 0:
        b_lines = int(rng.choice(MOST_NORMAL_B_LINES + 1, p=(0.5, 0.3, 0.2)))
        return Signs(0, b_lines=b_lines, irregularity=between(0.0, 0.3))
    if score == 1:
        return Signs(1, coverage=between(0.12, 0.45), irregularity=between(0.35, 0.8))
    if score == 2:
        return Signs(
            2,
            coverage=between(0.56, 0.9),
            irregularity=between(0.5, 1.0),
            breaks=int(rng.integers(1, 4)),
            subpleural=int(rng.integers(1, 4)),
        )
    return Signs(
        3,
        coverage=1.0,
        irregularity=between(0.5, 1.0),
        breaks=int(rng.integers(0, 4)),
        subpleural=int(rng.integers(0, 3)),
        consolidation=bool(rng.random() < 0.55),
    )


@dataclass(frozen=True)
class Window:
    """Which part of the sliding lung can come into view, in beams."""

    visible: BoolArray  # beams whose pleura neither a rib nor a lifted probe hides, shape (beams,)
    margin: int  # by which the lung is wider than the view on either side
    reach: int  # largest sliding either way, at most `margin`
    beams_per_mm: float

    @property
    def lung_beams(self) -> int:
        """Width of the lung in beams."""
        return len(self.visible) + 2 * self.margin

    def always_visible(self, clearance: float = 0.0) -> FloatArray:
        """Beams of the lung that stay in view at any phase of breathing, ascending.

        They keep `clearance` mm from the edge of the view where there is room for it.
        """
        for extra in (int(clearance * self.beams_per_mm), 0):
            around = 2 * (self.reach + extra) + 1
            counts = np.convolve(self.visible, np.ones(around, dtype=int))
            kept = counts[self.reach + extra :][: len(self.visible)] == around
            if kept.any():
                break
        return (np.flatnonzero(kept) + self.margin).astype(np.float32)


@dataclass(frozen=True)
class VerticalArtefact:
    """A B-line or a comet tail: starts at the pleura and follows the beam."""

    centre: float  # position on the lung in beams
    width: float  # at half amplitude, in beams
    level: float  # dB relative to muscle
    length: float | None = None  # mm to 1/e; None for a B-line, which does not fade

    def profile(self, beams: int) -> FloatArray:
        """Amplitude across `beams` beams of the lung, 1 in the centre, 0.5 at the edges."""
        away = 2 * np.abs(np.arange(beams) - self.centre) / self.width
        return np.asarray(np.exp(-np.log(2) * away**3), dtype=np.float32)


def covered(artefacts: Sequence[VerticalArtefact], window: Window) -> tuple[float, float]:
    """Least and largest share of the visible pleura that B-lines cover while the lung slides."""
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

    They stand out above the level `base`, in dB relative to muscle.
    """

    def b_line(centre: float, broad: float) -> VerticalArtefact:
        width = rng.uniform(4.5, 10.0) if rng.random() < broad else rng.uniform(1.5, 4.0)
        level = rng.uniform(3.0, 9.0) + base
        return VerticalArtefact(centre, max(width * window.beams_per_mm, 3.0), level)

    tails = _comet_tails(rng, window, base)
    if signs.score == 0:
        places = rng.choice(window.always_visible(), signs.b_lines)
        return (*(b_line(float(place), 0.0) for place in places), *tails)
    broad = 0.1 if signs.score == 1 else 0.4
    lines = [b_line(float(rng.choice(window.always_visible())), broad)]
    while np.mean(covered(lines, window)) < signs.coverage and len(lines) < 40:
        lines.append(b_line(rng.uniform(0, window.lung_beams), broad))
    if signs.score == 1:
        # narrow them, then drop the last ones, until they never cover more than half
        while covered(lines, window)[1] > HALF:
            lines = [replace(line, width=line.width * 0.93) for line in lines]
            if len(lines) > 1 and min(line.width for line in lines) < _NARROWEST:
                lines = lines[:-1]
        return (*lines, *tails)
    if signs.score == 2:
        while covered(lines, window)[0] <= HALF:
            lines = [replace(line, width=line.width * 1.07) for line in lines]
    return tuple(lines)


def _comet_tails(rng: np.random.Generator, window: Window, base: float) -> list[VerticalArtefact]:
    """Draw short artefacts that fade, as healthy pleura also shows; they mean nothing."""
    return [
        VerticalArtefact(
            centre=rng.uniform(0, window.lung_beams),
            width=max(rng.uniform(1.0, 2.5) * window.beams_per_mm, 2.0),
            level=rng.uniform(6, 12) + base,
            length=rng.uniform(3, 10),
        )
        for _ in range(rng.integers(0, 5))
    ]


@dataclass(frozen=True)
class Consolidation:
    """An airless region that reaches the pleura."""

    centre: float  # position on the lung in beams
    half_width: float  # beams
    thickness: float  # greatest depth below the pleura, mm
    level: float  # of its texture, dB relative to muscle
    ragged: float  # unevenness of its lower border, share of the thickness: the shred sign
    bronchograms: int = 0  # bright air-filled bronchi inside

    def border(self, rng: np.random.Generator, beams: int, beams_per_mm: float) -> FloatArray:
        """Depth in mm below the pleura of its lower border, 0 beside it, shape (beams,)."""
        across = (np.arange(beams) - self.centre) / self.half_width
        dome = np.clip(1 - np.abs(across) ** 2.5, 0, None) ** 0.6
        coarse = smooth_line(rng, max(3.0, 0.4 * self.thickness) * beams_per_mm, beams)
        fine = smooth_line(rng, 1.5 * beams_per_mm, beams)
        uneven = np.clip(1 + self.ragged * (coarse + 0.5 * fine), 0.75, 1.5)
        return np.asarray(self.thickness * dome * uneven, dtype=np.float32)


def draw_consolidations(
    rng: np.random.Generator, signs: Signs, window: Window, room: float, base: float
) -> tuple[Consolidation, ...]:
    """Draw the consolidations of one clip; at least one of each kind stays in view.

    Large ones take up to half of the `room` mm of lung in view; small ones are darker than the
    level `base`, in dB relative to muscle, above which B-lines stand out.
    """
    places = window.always_visible(clearance=3.0)
    found = []
    if signs.consolidation:
        found.append(
            Consolidation(
                centre=float(rng.choice(places)),
                half_width=rng.uniform(8, 17) * window.beams_per_mm,
                thickness=min(rng.uniform(14, 34), 0.5 * room),
                level=base + rng.uniform(-3, 2),
                ragged=rng.uniform(0.1, 0.25),
                bronchograms=int(rng.integers(4, 12)),
            )
        )
    for number in range(signs.subpleural):
        place = rng.choice(places) if number == 0 else rng.uniform(0, window.lung_beams)
        found.append(
            Consolidation(
                centre=float(place),
                half_width=rng.uniform(3, 6.5) * window.beams_per_mm,
                thickness=min(rng.uniform(6, 11), 0.2 * room),
                level=base + rng.uniform(-14, -8),
                ragged=rng.uniform(0.15, 0.3),
            )
        )
    return tuple(found)

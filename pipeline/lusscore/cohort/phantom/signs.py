"""Which signs a score shows: the Lung Ultrasound Score as rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_NORMAL_B_LINES = 2
"""B-lines that a score of 0 may show."""

HALF = 0.5
"""Share of the pleura that vertical artefacts may cover at a score of 1 and must exceed at 2."""


@dataclass(frozen=True)
class Signs:
    """What the pleura and the lung of one zone show.

    Attributes
    ----------
    score
        The score, 0–3, that these signs have by the rubric.
    b_lines
        Number of B-lines where they can be counted (score 0); None where they are told by
        `coverage`.
    coverage
        Wanted share of the visible pleura from which vertical artefacts start, 0–1.
    irregularity
        How uneven the pleural line is, 0 (smooth) to 1.
    breaks
        Gaps of the pleural line.
    subpleural
        Small consolidations below the pleura.
    consolidation
        Whether there is a large consolidation.
    white
        Whether vertical artefacts flow together to white lung.
    """

    score: int
    b_lines: int | None
    coverage: float
    irregularity: float
    breaks: int
    subpleural: int
    consolidation: bool
    white: bool


def draw_signs(rng: np.random.Generator, score: int, overlap: float) -> Signs:
    """Draw signs that have the given score by Table 1 of Raillard et al. 2022.

    ======  =======================================================================
    score   what must show
    ======  =======================================================================
    0       normal A-lines, at most two B-lines
    1       irregular pleura, vertical artefacts on at most half of the pleura
    2       broken pleura, vertical artefacts on more than half, (sub)pleural consolidations
    3       white lung with or without large consolidations
    ======  =======================================================================

    Parameters
    ----------
    rng
        Source.
    score
        0–3.
    overlap
        0 draws every quantity at the middle of its range, 1 over the whole of it.
    """

    def between(low: float, high: float) -> float:
        half = overlap * (high - low) / 2
        return float(rng.uniform(-half, half) + (low + high) / 2)

    if score == 0:
        return Signs(
            score=0,
            b_lines=int(rng.choice(MOST_NORMAL_B_LINES + 1, p=(0.5, 0.3, 0.2))),
            coverage=0.0,
            irregularity=between(0.0, 0.3),
            breaks=0,
            subpleural=0,
            consolidation=False,
            white=False,
        )
    if score == 1:
        return Signs(
            score=1,
            b_lines=None,
            coverage=between(0.12, 0.45),
            irregularity=between(0.35, 0.8),
            breaks=0,
            subpleural=0,
            consolidation=False,
            white=False,
        )
    if score == 2:
        return Signs(
            score=2,
            b_lines=None,
            coverage=between(0.56, 0.9),
            irregularity=between(0.5, 1.0),
            breaks=int(rng.integers(1, 4)),
            subpleural=int(rng.integers(1, 4)),
            consolidation=False,
            white=False,
        )
    return Signs(
        score=3,
        b_lines=None,
        coverage=1.0,
        irregularity=between(0.5, 1.0),
        breaks=int(rng.integers(0, 4)),
        subpleural=int(rng.integers(0, 3)),
        consolidation=bool(rng.random() < 0.55),
        white=True,
    )

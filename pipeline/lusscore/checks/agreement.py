"""How far raters agree on the same spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import MAXIMUM_ZONE_SCORE, Rating

_SCORES = tuple(range(MAXIMUM_ZONE_SCORE + 1))


@dataclass(frozen=True)
class PairAgreement:
    """Two raters.

    Attributes
    ----------
    raters
        Their names, in alphabetical order.
    spans
        How many both scored.
    same
        Share of these with the same score, 0–1.
    quadratic_kappa
        Cohen's kappa with quadratic weights, −1 to 1; None where it is not defined, because both
        gave one and the same score throughout.
    """

    raters: tuple[str, str]
    spans: int
    same: float
    quadratic_kappa: float | None


@dataclass(frozen=True)
class Agreement:
    """All raters.

    Attributes
    ----------
    raters
        Their names, in alphabetical order.
    pairs
        Every two who scored a span in common.
    fleiss_spans
        Spans that all raters scored.
    fleiss_kappa
        Fleiss' kappa over these; None for fewer than two raters or where it is not defined.
    """

    raters: tuple[str, ...]
    pairs: tuple[PairAgreement, ...]
    fleiss_spans: int
    fleiss_kappa: float | None


def measure_agreement(ratings: Sequence[Rating]) -> Agreement:
    """Compare the scores that raters gave to the very same spans."""
    by_rater: dict[str, dict[tuple[str, int, int | None], int]] = {}
    for rating in ratings:
        span = (rating.clip, rating.frame_start, rating.frame_end)
        by_rater.setdefault(rating.rater, {})[span] = rating.score
    raters = tuple(sorted(by_rater))
    pairs = []
    for one, other in combinations(raters, 2):
        shared = [span for span in by_rater[one] if span in by_rater[other]]
        if shared:
            scores = np.array([(by_rater[one][span], by_rater[other][span]) for span in shared])
            pairs.append(
                PairAgreement(
                    (one, other),
                    len(shared),
                    float((scores[:, 0] == scores[:, 1]).mean()),
                    _quadratic_kappa(scores),
                )
            )
    counts = _counts_of_shared(by_rater)
    kappa = fleiss_kappa(counts) if len(raters) > 1 and len(counts) else None
    return Agreement(raters, tuple(pairs), len(counts), kappa)


def fleiss_kappa(counts: NDArray[np.int64]) -> float | None:
    """Return Fleiss' kappa (Fleiss 1971, Psychol Bull 76(5):378–382).

    With n raters per subject and n_ij of them choosing category j for subject i, the agreement
    on a subject is P_i = (Σ_j n_ij² − n) / (n (n − 1)), that expected by chance is
    P_e = Σ_j p_j², where p_j is the share of category j, and κ = (mean P_i − P_e) / (1 − P_e).

    Parameters
    ----------
    counts
        Shape (subjects, categories): how many raters chose each category; all rows have the same
        sum n, at least 2.

    Returns
    -------
    float or None
        At most 1; None where all raters chose one and the same category throughout.
    """
    raters = int(counts[0].sum())
    observed = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    shares = counts.sum(axis=0) / counts.sum()
    chance = float((shares**2).sum())
    if np.isclose(chance, 1):
        return None
    return float((observed.mean() - chance) / (1 - chance))


def _quadratic_kappa(scores: NDArray[np.int64]) -> float | None:
    from sklearn.metrics import cohen_kappa_score

    if len(np.unique(scores)) == 1:
        return None
    return float(cohen_kappa_score(*scores.T, labels=_SCORES, weights="quadratic"))


def _counts_of_shared(
    by_rater: Mapping[str, Mapping[tuple[str, int, int | None], int]],
) -> NDArray[np.int64]:
    """Count raters per score of every span that all scored: shape (spans, 4)."""
    if not by_rater:
        return np.zeros((0, len(_SCORES)), np.int64)
    shared = set.intersection(*(set(spans) for spans in by_rater.values()))
    counts = [
        np.bincount([scores[span] for scores in by_rater.values()], minlength=len(_SCORES))
        for span in sorted(shared, key=str)
    ]
    return np.array(counts, np.int64).reshape(-1, len(_SCORES))

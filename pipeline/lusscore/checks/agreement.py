"""How far raters agree on the same frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lusscore.checks.shared_scores import SharedScores, share_scores
from lusscore.cohort import MAXIMUM_ZONE_SCORE, Rating
from lusscore.wording import plural

_SCORES = tuple(range(MAXIMUM_ZONE_SCORE + 1))


@dataclass(frozen=True)
class PairAgreement:
    """Two raters.

    Attributes
    ----------
    raters
        Their names, in alphabetical order.
    stretches
        How many stretches of clips both scored.
    frames
        How many frames these have, each of which counts once; None where lengths are not known,
        and each stretch counts once.
    same
        Share of these with the same score, 0–1.
    quadratic_kappa
        Cohen's kappa with quadratic weights, −1 to 1; None where it is not defined, because both
        gave one and the same score throughout.
    """

    raters: tuple[str, str]
    stretches: int
    frames: int | None
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
        Every two who scored frames in common.
    fleiss_stretches
        Stretches of clips that all raters scored.
    fleiss_frames
        How many frames these have; None where lengths are not known.
    fleiss_kappa
        Fleiss' kappa over these; None for fewer than two raters or where it is not defined.
    """

    raters: tuple[str, ...]
    pairs: tuple[PairAgreement, ...]
    fleiss_stretches: int
    fleiss_frames: int | None
    fleiss_kappa: float | None


def measure_agreement(
    ratings: Sequence[Rating], lengths: Mapping[str, int] | None = None
) -> Agreement:
    """Compare the scores that raters gave to the very same frames.

    Parameters
    ----------
    ratings
        Nobody gives a frame two scores.
    lengths
        Number of frames of each clip, as :func:`lusscore.checks.shared_scores.share_scores` takes
        it. None where no clip was decoded: then not frames are counted, but stretches.

    Raises
    ------
    TwoScoresError
        If a rater gave two scores to one frame.
    """
    raters = tuple(sorted({rating.rater for rating in ratings}))
    pairs = []
    for one, other in combinations(raters, 2):
        shared = share_scores(ratings, (one, other), lengths)
        if len(shared.scores):
            same = shared.scores[:, 0] == shared.scores[:, 1]
            pairs.append(
                PairAgreement(
                    (one, other),
                    len(shared.scores),
                    _frames(shared, lengths),
                    float(np.average(same, weights=shared.weights)),
                    _quadratic_kappa(shared),
                )
            )
    kappa, everybody = None, share_scores(ratings, raters, lengths)
    if len(raters) > 1 and len(everybody.scores):
        counts = (everybody.scores[:, :, None] == _SCORES).sum(axis=1)
        kappa = fleiss_kappa(counts, everybody.weights)
    frames = _frames(everybody, lengths)
    return Agreement(raters, tuple(pairs), len(everybody.scores), frames, kappa)


def fleiss_kappa(
    counts: NDArray[np.int64], weights: NDArray[np.int64] | None = None
) -> float | None:
    """Return Fleiss' kappa (Fleiss 1971, Psychol Bull 76(5):378–382).

    With n raters per subject and n_ij of them choosing category j for subject i, the agreement
    on a subject is P_i = (Σ_j n_ij² − n) / (n (n − 1)), that expected by chance is
    P_e = Σ_j p_j², where p_j is the share of category j, and κ = (mean P_i − P_e) / (1 − P_e).

    Parameters
    ----------
    counts
        Shape (subjects, categories): how many raters chose each category; all rows have the same
        sum n, at least 2.
    weights
        Shape (subjects,): how many times each subject counts; None for once.

    Returns
    -------
    float or None
        At most 1; None where all raters chose one and the same category throughout.
    """
    raters = int(counts[0].sum())
    observed = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    shares = np.average(counts, axis=0, weights=weights) / raters
    chance = float((shares**2).sum())
    if np.isclose(chance, 1):
        return None
    return float((np.average(observed, weights=weights) - chance) / (1 - chance))


def _frames(shared: SharedScores, lengths: Mapping[str, int] | None) -> int | None:
    return None if lengths is None else int(shared.weights.sum())


def _quadratic_kappa(shared: SharedScores) -> float | None:
    from sklearn.metrics import cohen_kappa_score

    if len(np.unique(shared.scores)) == 1:
        return None
    return float(
        cohen_kappa_score(
            *shared.scores.T, labels=_SCORES, weights="quadratic", sample_weight=shared.weights
        )
    )


def shared_amount(stretches: int, frames: int | None) -> str:
    """Return what an agreement rests on: frames, or stretches where frames are not known."""
    return plural(stretches, "stretch", "stretches") if frames is None else plural(frames, "frame")

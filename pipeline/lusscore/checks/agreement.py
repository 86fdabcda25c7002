"""How far raters agree on the same frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import (
    END,
    MAXIMUM_ZONE_SCORE,
    RatedSegment,
    Rating,
    cut_into_rated_segments,
)
from lusscore.wording import plural

_SCORES = tuple(range(MAXIMUM_ZONE_SCORE + 1))


@dataclass(frozen=True)
class PairAgreement:
    """Agreement of two raters on the segments of clips that both scored.

    Each frame counts once; where lengths are not known, `frames` is None and each segment counts
    once. `same` is the share with the same score, 0–1; `quadratic_kappa` (Cohen's with quadratic
    weights) is None where both gave one and the same score throughout.
    """

    raters: tuple[str, str]
    segments: int
    frames: int | None
    same: float
    quadratic_kappa: float | None


@dataclass(frozen=True)
class Agreement:
    """Agreement of every two raters who scored frames in common, and of all (Fleiss' kappa).

    `fleiss_frames` is None where lengths are not known, `fleiss_kappa` for fewer than two raters
    or where it is not defined.
    """

    raters: tuple[str, ...]
    pairs: tuple[PairAgreement, ...]
    fleiss_segments: int
    fleiss_frames: int | None
    fleiss_kappa: float | None


def measure_agreement(
    ratings: Sequence[Rating], lengths: Mapping[str, int] | None = None
) -> Agreement:
    """Compare the scores that raters gave to the very same frames.

    A segment ends where any of the raters compared changes the score or stops, not where a row
    ends: how the same scores are spread over rows makes no difference.

    `lengths` are the numbers of frames of clips, as far as known: what lies beyond them does not
    count, nor does a segment up to the end of a clip that is not among them. None where no clip
    was decoded: then not frames are counted, but segments. Raises TwoScoresError if a rater gave
    two scores to one frame.
    """
    raters = tuple(sorted({rating.rater for rating in ratings}))
    pairs = []
    for one, other in combinations(raters, 2):
        scores, weights = _shared_scores(ratings, (one, other), lengths)
        if len(scores):
            frames = None if lengths is None else int(weights.sum())
            same = float(np.average(scores[:, 0] == scores[:, 1], weights=weights))
            kappa = _quadratic_kappa(scores, weights)
            pairs.append(PairAgreement((one, other), len(scores), frames, same, kappa))
    scores, weights = _shared_scores(ratings, raters, lengths)
    frames = None if lengths is None else int(weights.sum())
    fleiss = None
    if len(raters) > 1 and len(scores):
        fleiss = fleiss_kappa((scores[:, :, None] == _SCORES).sum(axis=1), weights)
    return Agreement(raters, tuple(pairs), len(scores), frames, fleiss)


def fleiss_kappa(
    counts: NDArray[np.int64], weights: NDArray[np.int64] | None = None
) -> float | None:
    """Return Fleiss' kappa (Fleiss 1971, Psychol Bull 76(5):378–382).

    With n raters per subject and n_ij of them choosing category j for subject i, the agreement
    on a subject is P_i = (Σ_j n_ij² − n) / (n (n − 1)), that expected by chance is
    P_e = Σ_j p_j², where p_j is the share of category j, and κ = (mean P_i − P_e) / (1 − P_e).

    `counts`, of shape (subjects, categories), tells how many raters chose each category: each row
    has the sum n, at least 2. `weights`, of shape (subjects,), tells how many times each subject
    counts. None where all raters chose one and the same category throughout.
    """
    raters = int(counts[0].sum())
    observed = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    shares = np.average(counts, axis=0, weights=weights) / raters
    chance = float((shares**2).sum())
    if np.isclose(chance, 1):
        return None
    return float((np.average(observed, weights=weights) - chance) / (1 - chance))


def shared_amount(segments: int, frames: int | None) -> str:
    """Return what an agreement rests on: frames, or segments where frames are not known."""
    return plural(segments, "segment") if frames is None else plural(frames, "frame")


def _quadratic_kappa(scores: NDArray[np.int64], weights: NDArray[np.int64]) -> float | None:
    from sklearn.metrics import cohen_kappa_score

    if len(np.unique(scores)) == 1:
        return None
    return float(
        cohen_kappa_score(*scores.T, labels=_SCORES, weights="quadratic", sample_weight=weights)
    )


def _shared_scores(
    ratings: Iterable[Rating], raters: Sequence[str], lengths: Mapping[str, int] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the scores (segments, raters) of segments that all scored, and how much each counts.

    A segment counts as many frames as it has, or 1 where lengths are not known.
    """
    by_clip: dict[str, list[Rating]] = {}
    for rating in ratings:
        if rating.rater in raters:
            by_clip.setdefault(rating.clip, []).append(rating)
    scores, weights = [], []
    for clip, rows in by_clip.items():
        for start, end, given in _joined(cut_into_rated_segments(rows)):
            weight = 1 if lengths is None else _frames(start, end, lengths.get(clip))
            if weight and all(rater in given for rater in raters):
                scores.append([given[rater] for rater in raters])
                weights.append(weight)
    shaped = np.array(scores, np.int64).reshape(len(scores), len(raters))
    return shaped, np.array(weights, np.int64)


def _joined(segments: Iterable[RatedSegment]) -> Iterator[tuple[int, float, Mapping[str, int]]]:
    """Join neighbours that the same raters scored the same; yield start, end and scores."""
    last: tuple[int, float, Mapping[str, int]] | None = None
    for segment in segments:
        if last is not None and last[1:] == (segment.start, segment.scores):
            last = (last[0], segment.end, segment.scores)
            continue
        if last is not None:
            yield last
        last = (segment.start, segment.end, segment.scores)
    if last is not None:
        yield last


def _frames(start: int, end: float, length: int | None) -> int:
    """Count a segment's frames; 0 where it has none, or its end is not known."""
    end = end if length is None else min(end, length)
    return 0 if end == END else max(0, int(end) - start)

"""What several raters said of the same frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import END, RatedSegment, Rating, cut_into_rated_segments


@dataclass(frozen=True)
class SharedScores:
    """Stretches of clips that each of some raters scored.

    Attributes
    ----------
    scores
        int64, shape (stretches, raters): 0–3.
    weights
        int64, shape (stretches,): how many frames each has, or 1 where lengths are not known.
    """

    scores: NDArray[np.int64]
    weights: NDArray[np.int64]


def share_scores(
    ratings: Iterable[Rating], raters: Sequence[str], lengths: Mapping[str, int] | None = None
) -> SharedScores:
    """Find the stretches that all of some raters scored, however each divided the clips.

    A stretch ends where any of these raters changes the score or stops, not where a row ends: how
    the same scores are spread over rows makes no difference.

    Parameters
    ----------
    ratings
        Of any raters; nobody gives a frame two scores.
    raters
        At least one.
    lengths
        Number of frames of each clip, as far as known: what lies beyond them does not count, nor
        does a stretch up to the end of a clip that is not among them. None where no clip was
        decoded; then each stretch weighs 1.

    Raises
    ------
    TwoScoresError
        If a rater gave two scores to one frame.
    """
    by_clip: dict[str, list[Rating]] = {}
    for rating in ratings:
        if rating.rater in raters:
            by_clip.setdefault(rating.clip, []).append(rating)
    scores, weights = [], []
    for clip, rows in by_clip.items():
        for stretch in _joined(cut_into_rated_segments(rows)):
            weight = 1 if lengths is None else _frames(stretch, lengths.get(clip))
            if weight and all(rater in stretch.scores for rater in raters):
                scores.append([stretch.scores[rater] for rater in raters])
                weights.append(weight)
    shaped = np.array(scores, np.int64).reshape(len(scores), len(raters))
    return SharedScores(shaped, np.array(weights, np.int64))


def _joined(stretches: Iterable[RatedSegment]) -> Iterator[RatedSegment]:
    """Join neighbours of which the same raters say the same."""
    last: RatedSegment | None = None
    for stretch in stretches:
        if last is not None and last.end == stretch.start and last.scores == stretch.scores:
            last = RatedSegment(last.start, stretch.end, last.scores)
            continue
        if last is not None:
            yield last
        last = stretch
    if last is not None:
        yield last


def _frames(stretch: RatedSegment, length: int | None) -> int:
    """Count a stretch's frames; 0 where it has none, or its end is not known."""
    end = stretch.end if length is None else min(stretch.end, length)
    return 0 if end == END else max(0, int(end) - stretch.start)

"""The most probable score over the frames that look worst: the k, or the share, highest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.predictions import predicted_scores
from lusscore.evaluation.rules.grouped_frames import GroupedFrames
from lusscore.evaluation.rules.registry import Decision, register_rule

_THOSE = "the mean over those frames"
_SAYS = "the most probable one by the mean probabilities of {}, the higher on a tie"


@register_rule(
    "top-K", _SAYS.format("its {} frames of highest expected score"), probabilities=_THOSE
)
def decide_count(frames: GroupedFrames, count: float) -> Decision:
    """Give the most probable score over the `count` frames of highest expected score.

    Probabilities are the mean over those frames alone. A group with fewer frames has all of them
    counted.
    """
    return _decide(frames, np.minimum(frames.sizes, int(count)))


@register_rule(
    "top-X%",
    _SAYS.format("the {} % of its frames with the highest expected score"),
    probabilities=_THOSE,
)
def decide_share(frames: GroupedFrames, percentage: float) -> Decision:
    """Give the same over a share of the frames, rounded up to whole frames."""
    # without rounding, 20 % of 5 frames may be 1.0000000000000002 of them
    kept = np.ceil((frames.sizes * percentage / 100).round(6))
    return _decide(frames, kept.astype(np.int64))


def _decide(frames: GroupedFrames, kept: NDArray[np.int64]) -> Decision:
    # frames of equal expected score go by their probabilities, never by their place in the clip
    keys = (*frames.probabilities.T, frames.expected)
    order = np.lexsort((*(-key for key in keys), frames.group))
    place = np.arange(len(order)) - np.repeat(frames.starts, frames.sizes)
    top = frames.kept(order[place < np.repeat(kept, frames.sizes)], kept)
    return predicted_scores(top.mean_probabilities), top.mean_probabilities

"""The highest score of any frame."""

from __future__ import annotations

import numpy as np

from lusscore.evaluation.rules.grouped_frames import GroupedFrames
from lusscore.evaluation.rules.registry import Decision, register_rule


@register_rule("worst", "the highest score of any of its frames")
def decide(frames: GroupedFrames) -> Decision:
    """Give the highest predicted score of any frame.

    Probabilities are the mean over frames all the same: they rank clips by all that was seen, and
    need not be highest for the score given.
    """
    return np.maximum.reduceat(frames.scores, frames.starts), frames.mean_probabilities

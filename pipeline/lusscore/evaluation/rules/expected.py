"""The mean expected score, rounded: a decision that takes scores as numbers."""

from __future__ import annotations

import numpy as np

from lusscore.cohort import MAXIMUM_ZONE_SCORE
from lusscore.evaluation.rules.grouped_frames import GroupedFrames
from lusscore.evaluation.rules.registry import Decision, register_rule


@register_rule(
    "expected",
    "the mean over its frames of the expected score (each score times its probability), rounded, "
    "halves upwards",
)
def decide(frames: GroupedFrames) -> Decision:
    """Give the mean expected score, rounded half up; probabilities are the mean over frames.

    Of answers that are single numbers the mean has the least squared error, which is what
    quadratic kappa counts. It lies between scores that are equally probable, so that it may give
    one that no frame has.
    """
    rounded = np.floor(frames.mean(frames.expected) + 0.5).astype(np.int64)
    return np.minimum(rounded, MAXIMUM_ZONE_SCORE), frames.mean_probabilities

"""The highest score that a share of the frames reach."""

from __future__ import annotations

import numpy as np

from lusscore.evaluation.rules.grouped_frames import GroupedFrames
from lusscore.evaluation.rules.registry import Decision, register_rule


@register_rule("highest-in-X%", "the highest score that at least {} % of its frames reach")
def decide(frames: GroupedFrames, percentage: float) -> Decision:
    """Give the highest score s with at least `percentage` of frames predicted s or higher.

    With a percentage that a single frame makes up it is the rule `worst`, with 50 the (upper)
    median. Probabilities are the mean over frames, as in `worst`.
    """
    reaching = np.cumsum(frames.counts[:, ::-1], axis=1)[:, ::-1]
    needed = (frames.sizes * percentage / 100).round(6)
    # every frame reaches 0, so at least one score always qualifies
    reached = (reaching >= needed[:, None]).sum(1) - 1
    return reached.astype(np.int64), frames.mean_probabilities

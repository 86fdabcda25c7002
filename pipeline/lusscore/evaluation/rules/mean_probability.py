"""The most probable score by the mean over frames."""

from __future__ import annotations

from lusscore.evaluation.predictions import predicted_scores
from lusscore.evaluation.rules.grouped_frames import GroupedFrames
from lusscore.evaluation.rules.registry import Decision, register_rule


@register_rule(
    "mean-probability",
    "the most probable one by the mean probabilities of its frames, the higher on a tie",
)
def decide(frames: GroupedFrames) -> Decision:
    """Give the score of highest mean probability; probabilities are that mean over frames."""
    return predicted_scores(frames.mean_probabilities), frames.mean_probabilities

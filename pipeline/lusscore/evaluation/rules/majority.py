"""The paper's rule: the score that most frames have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import MAXIMUM_ZONE_SCORE
from lusscore.evaluation.rules.grouped_frames import GroupedFrames
from lusscore.evaluation.rules.registry import Decision, register_rule


def majority_score(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Score by the majority of frames; of equally frequent scores, the higher.

    Raillard et al. 2022 give a zone the score most of its frames have and do not say what a
    tie gives. The higher score is the one that errs towards the sicker lung.

    Parameters
    ----------
    counts
        Frames per score 0–3 along the last axis, shape (..., 4).

    Returns
    -------
    ndarray of int64, shape (...)
    """
    from_highest = np.argmax(counts[..., ::-1], axis=-1)
    return np.asarray(MAXIMUM_ZONE_SCORE - from_highest, dtype=np.int64)


@register_rule("majority", "the score that most of its frames have, the higher on a tie")
def decide(frames: GroupedFrames) -> Decision:
    """Give the score most frames have; probabilities are the mean over frames."""
    return majority_score(frames.counts), frames.mean_probabilities

"""Frames with a score each, as runs of equal score."""

from __future__ import annotations

from collections.abc import Mapping


def runs_of(scores: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """Join neighbouring frames of equal score.

    Parameters
    ----------
    scores
        Frame number → score. Frames that are not there, such as those between the ones that a
        task with a step shows, are in no run: nobody looked at them.

    Returns
    -------
    list of (start, end, score)
        Half-open ranges in order; no two touch with the same score.
    """
    runs: list[tuple[int, int, int]] = []
    for frame, score in sorted(scores.items()):
        if runs and runs[-1][1:] == (frame, score):
            runs[-1] = (runs[-1][0], frame + 1, score)
        else:
            runs.append((frame, frame + 1, score))
    return runs

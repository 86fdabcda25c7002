"""What the other clips of an exam show, put behind each clip's own vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CONTEXTS = ("none", "exam")


def add_exam_context(
    own: NDArray[np.float32],
    recordings: NDArray[np.int64],
    pooled: NDArray[np.float32],
    exams: NDArray[Any],
) -> NDArray[np.float32]:
    """Put the mean of the other recordings of the same exam behind each vector.

    Parameters
    ----------
    own
        Vectors of recordings or of stretches of them, shape (examples, ..., size).
    recordings
        Which recording each is of, shape (examples,): a row of `pooled`.
    pooled
        Vectors of whole recordings, shape (recordings, ..., size).
    exams
        Exam of each recording, shape (recordings,).

    Returns
    -------
    ndarray of float32, shape (examples, ..., 2 size)
        Where an exam has no other recording, its own vector stands there again.
    """
    others = np.empty_like(pooled)
    alone = np.zeros(len(pooled), bool)
    order = np.argsort(exams, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(exams[order])) + 1):
        if len(members) == 1:
            alone[members] = True
        else:
            seen = pooled[members].astype(np.float64)
            others[members] = (seen.sum(axis=0) - seen) / (len(members) - 1)
    context = others[recordings]
    context[alone[recordings]] = own[alone[recordings]]
    return np.concatenate([own, context], axis=-1)

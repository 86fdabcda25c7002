"""One vector for each clip: statistics of the embeddings of its frames."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.heads.bags import batch_rows

POOLINGS = ("none", "mean", "mean-std")
# Numbers turned to float64 at once, 2 MB for a processor's cache, in whole clips.
_NUMBERS_AT_ONCE = 2**18


def pool_clips(
    frames: NDArray[Any], order: NDArray[np.int64], starts: NDArray[np.int64], pooling: str
) -> NDArray[np.float32]:
    """Pool the frames of each clip.

    Statistics pooling is that of Snyder et al. 2018, X-vectors: robust DNN embeddings for speaker
    recognition, ICASSP. The deviation is that of the frames at hand, and 0 of one frame.

    Parameters
    ----------
    frames
        float, shape (frames, dim) or (frames, 1 + variants, dim); each variant is pooled by
        itself.
    order, starts
        Rows clip after clip, and where each clip starts among them, as of
        :func:`lusscore.heads.bags.gather_bags`.
    pooling
        ``"mean"``, or ``"mean-std"`` for the mean and then the standard deviation.

    Returns
    -------
    ndarray of float32, shape (clips, dim or 2 dim) or (clips, 1 + variants, dim or 2 dim)
        A clip's vector does not depend, in any bit, on the other clips.
    """
    dim = frames.shape[-1]
    size = dim if pooling == "mean" else 2 * dim
    pooled = np.empty((len(starts), *frames.shape[1:-1], size), np.float32)
    at_once = max(1, _NUMBERS_AT_ONCE // frames[0].size)
    batch = starts // at_once
    for number in np.unique(batch):
        chosen = np.flatnonzero(batch == number)
        rows, first = batch_rows(order, starts, chosen)
        # sums of float16 would overflow, and squares of large values hide what differs
        wide = frames[rows].astype(np.float64)
        counts = np.diff(first, append=len(rows))
        per_clip = counts.reshape(-1, *(1,) * (wide.ndim - 1))
        means = np.add.reduceat(wide, first) / per_clip
        pooled[chosen, ..., :dim] = means
        if pooling == "mean-std":
            wide -= np.repeat(means, counts, axis=0)
            np.square(wide, out=wide)
            pooled[chosen, ..., dim:] = np.sqrt(np.add.reduceat(wide, first) / per_clip)
    return pooled

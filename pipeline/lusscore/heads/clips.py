"""Frames brought together by clip, pooled to one vector each, and seen beside their exam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Int = NDArray[np.int64]
# Numbers turned to float64 at once, 2 MB for a processor's cache, in whole clips.
_NUMBERS_AT_ONCE = 2**18


def gather_bags(clips: _Int | None, frames: int, targets: _Int | None = None) -> tuple[_Int, _Int]:
    """Bring the frames of each clip together: return their order, and where each bag starts in it.

    `clips` is the recording of each of `frames` frames by number; without it each frame is a bag.
    With `targets`, their classes, a recording whose labelled segments have different classes
    becomes a bag per class. Shapes (frames,) and (bags,), int64.
    """
    if clips is None:
        return np.arange(frames), np.arange(frames)
    keys = [clips] if targets is None else [targets, clips]
    order = np.lexsort([np.arange(frames), *keys])
    changes = np.zeros(frames, bool)
    changes[:1] = True
    for key in keys:
        changes[1:] |= np.diff(key[order]) != 0
    return order, np.flatnonzero(changes)


def batch_rows(order: _Int, starts: _Int, chosen: _Int) -> tuple[_Int, _Int]:
    """Return the rows of some bags, bag after bag, and where each starts among them."""
    ends = np.append(starts[1:], len(order))
    parts = [order[starts[bag] : ends[bag]] for bag in chosen]
    return np.concatenate(parts), np.cumsum([0, *map(len, parts[:-1])])


def whole_clips(order: _Int, starts: _Int, at_once: int) -> Iterator[tuple[_Int, _Int, _Int]]:
    """Divide frames into batches of whole bags of about `at_once` frames.

    Yields the bags, and their rows and starts as :func:`batch_rows` gives them.
    """
    batch = starts // max(1, at_once)
    for number in np.unique(batch):
        chosen = np.flatnonzero(batch == number)
        yield chosen, *batch_rows(order, starts, chosen)


def pool_clips(
    frames: NDArray[Any], order: _Int, starts: _Int, pooling: str
) -> NDArray[np.float32]:
    """Pool the frames of each clip, as :func:`gather_bags` orders them.

    Statistics pooling is that of Snyder et al. 2018, X-vectors: robust DNN embeddings for speaker
    recognition, ICASSP. The deviation is that of the frames at hand, and 0 of one frame.

    Frames have the shape (frames, dim) or (frames, 1 + variants, dim); each variant is pooled by
    itself. Returns float32, shape (clips, dim) or (clips, 1 + variants, dim) for the pooling
    ``"mean"``, and twice as wide for ``"mean-std"``. A clip's vector does not depend, in any bit,
    on the other clips.
    """
    dim = frames.shape[-1]
    size = dim if pooling == "mean" else 2 * dim
    pooled = np.empty((len(starts), *frames.shape[1:-1], size), np.float32)
    for chosen, rows, first in whole_clips(order, starts, _NUMBERS_AT_ONCE // frames[0].size):
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


def add_exam_context(
    own: NDArray[np.float32], recordings: _Int, pooled: NDArray[np.float32], exams: NDArray[Any]
) -> NDArray[np.float32]:
    """Append the mean of the other recordings of the same exam to each vector.

    `own`, shape (examples, ..., size), are vectors of recordings or of segments of them, and
    `recordings` says which, as rows of `pooled`, the vectors of whole recordings. Returns shape
    (examples, ..., 2 size); where an exam has no other recording, its own vector is repeated.
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

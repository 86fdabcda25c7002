"""The frames of a clip as one bag."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Int = NDArray[np.int64]


def gather_bags(clips: _Int | None, frames: int, targets: _Int | None = None) -> tuple[_Int, _Int]:
    """Bring the frames of each clip together.

    Parameters
    ----------
    clips
        Recording of each frame by number, shape (frames,); None if each frame is one of its own.
    frames
        How many there are.
    targets
        Class of each frame, shape (frames,): a recording whose stretches have different classes
        then becomes a bag per class.

    Returns
    -------
    tuple of int64 arrays
        Rows in an order that keeps bags together, shape (frames,), and the place in that order
        where each bag starts, shape (bags,).
    """
    if clips is None:
        return np.arange(frames), np.arange(frames)
    keys: list[NDArray[Any]] = [np.arange(frames)]
    keys += [clips] if targets is None else [targets, clips]
    order = np.lexsort(keys)
    changes = np.zeros(frames, bool)
    changes[:1] = True
    for key in keys[1:]:
        changes[1:] |= np.diff(key[order]) != 0
    return order, np.flatnonzero(changes)


def batch_rows(order: _Int, starts: _Int, chosen: _Int) -> tuple[_Int, _Int]:
    """Return the rows of some bags, bag after bag, and where each starts among them."""
    ends = np.append(starts[1:], len(order))
    parts = [order[starts[bag] : ends[bag]] for bag in chosen]
    sizes = np.array([len(part) for part in parts])
    return np.concatenate(parts), np.concatenate([[0], np.cumsum(sizes)[:-1]])

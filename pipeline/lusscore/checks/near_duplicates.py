"""Which clips show the same recording, by the perceptual hashes of their frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lusscore.checks.frame_hashes import HASH_BITS, FrameHashes

_PROBES = 5
# A copy's single frame may be further away than the mean of all, but not this much.
_SINGLE_FRAME = 0.25
_BLOCK_FRAMES = 8192


def find_alike(hashes: Sequence[FrameHashes | None], most: float) -> list[tuple[int, int, float]]:
    """Find pairs of clips that show the same pictures.

    Five frames of the one clip, spread evenly, are each held against the nearest of all hashed
    frames of the other; the mean of these five Hamming distances is how far the one is from the
    other. A part of a recording is near the whole, but not the whole near the part, so the lesser
    of both directions counts, and of both views.

    The clips' middle frames are compared with all frames of all clips first, by a matrix product;
    only pairs that this leaves are compared in full.

    Parameters
    ----------
    hashes
        One entry per clip.
    most
        Largest distance of a pair that is returned, as a fraction of the bits.

    Returns
    -------
    list of (int, int, float)
        Positions in `hashes`, the lower first, and the distance, 0–1; nearest first.
    """
    found: dict[tuple[int, int], float] = {}
    for view in range(2):
        members = [
            (row, entry.views[view])
            for row, entry in enumerate(hashes)
            if entry is not None and len(entry.views) > view
        ]
        rows = [row for row, _ in members]
        bits = [packed for _, packed in members]
        for one, other, distance in _alike_in_one_view(bits, most):
            pair = (min(rows[one], rows[other]), max(rows[one], rows[other]))
            found[pair] = min(distance, found.get(pair, 1.0))
    pairs = [(one, other, distance) for (one, other), distance in found.items()]
    return sorted(pairs, key=lambda pair: (pair[2], pair[:2]))


def _alike_in_one_view(
    clips: Sequence[NDArray[np.uint8]], most: float
) -> list[tuple[int, int, float]]:
    if len(clips) < 2:
        return []
    middles = _signs(np.stack([packed[len(packed) // 2] for packed in clips]))
    found = []
    start = 0
    while start < len(clips):
        stop, frames = start, 0
        while stop < len(clips) and (stop == start or frames + len(clips[stop]) <= _BLOCK_FRAMES):
            frames += len(clips[stop])
            stop += 1
        block = _signs(np.concatenate(clips[start:stop]))
        first = np.cumsum([0, *(len(packed) for packed in clips[start : stop - 1])])
        nearest = _apart(np.maximum.reduceat(middles @ block.T, first, axis=1))
        for one, column in np.argwhere(nearest <= max(_SINGLE_FRAME, most)):
            if one != start + column:
                other = int(start + column)
                # of a still, the middle frame is all there is to compare
                distance = (
                    float(nearest[one, column])
                    if len(clips[one]) == 1
                    else _distance(clips[one], block[first[column] :][: len(clips[other])])
                )
                if distance <= most:
                    found.append((int(one), other, distance))
        start = stop
    return found


def _distance(one: NDArray[np.uint8], other: NDArray[np.float32]) -> float:
    """Return how far five frames of `one` are on average from their nearest in `other`."""
    probes = one[((np.arange(_PROBES) + 0.5) * len(one) / _PROBES).astype(np.int64)]
    return float(_apart((_signs(probes) @ other.T).max(axis=1)).mean())


def _signs(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Unpack bits to +1 and −1, whose products tell the bits that differ: (frames, bits)."""
    bits = np.unpackbits(packed, axis=1, count=HASH_BITS)
    return bits.astype(np.float32) * 2 - 1


def _apart(products: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn products of signs into the fraction of bits that differ."""
    return ((1 - products / HASH_BITS) / 2).astype(np.float32)

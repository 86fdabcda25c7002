"""Recordings that are there twice: byte by byte, or in another encoding, size or length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lusscore.checks.findings import Finding, Level, register_check
from lusscore.checks.frames import HASH_BITS
from lusscore.checks.inspection import ClipLook, Inspection
from lusscore.wording import are, plural

# Fractions of bits that differ; docs/checking.md shows the distances they were chosen by. Scans
# of one place of one patient a moment apart are alike too, so only across patients is a distance
# reported that a copy seldom has.
SAME = 0.07
ALIKE = 0.10
_PROBES = 5
# A copy's single frame may be further away than the mean of all, but not this much.
_SINGLE_FRAME = 0.25
_BLOCK_FRAMES = 8192

_BYTES: dict[str, tuple[Level, str, str]] = {
    "leak-across-patients": (
        "error",
        "in the manifest under several patients, byte for byte the same: a fold would be tested "
        "on what it was trained on.",
        "Find out whose recording it is, and remove the other rows from the manifest.",
    ),
    "same-clip-other-labels": (
        "error",
        "in the manifest more than once for one patient, byte for byte the same, with different "
        "zones or scores.",
        "Keep the row that is right, and remove the others from the manifest.",
    ),
    "same-clip-twice": (
        "warning",
        "in the manifest more than once for one patient, byte for byte the same, and counted as "
        "often.",
        "Keep one row of each.",
    ),
}
_PICTURES: dict[str, tuple[Level, str, str]] = {
    "near-leak-across-patients": (
        "error",
        "of several patients show the same pictures, in other encodings, sizes or lengths: a "
        "fold would be tested on what it was trained on.",
        "Compare them side by side, and keep only the one of the right patient.",
    ),
    "alike-across-patients": (
        "warning",
        "of several patients show pictures that are more alike than those of two scans usually "
        "are.",
        "Compare them side by side; if they are one recording, keep only the one of the right "
        "patient.",
    ),
    "near-duplicate-other-labels": (
        "warning",
        "of one patient show the same pictures, with different zones or scores.",
        "Compare them side by side; if they are one recording, keep the row that is right.",
    ),
    "near-duplicate": (
        "warning",
        "of one patient show the same pictures, in other encodings, sizes or lengths, and count "
        "as often.",
        "Compare them side by side; if they are one recording, keep one.",
    ),
}


@register_check(*_BYTES, needs="manifest")
def check_same_bytes(inspection: Inspection) -> Iterator[Finding]:
    """Find clips with the same digest, where digests are known."""
    holders: dict[str, list[ClipLook]] = {}
    for look in inspection.clips:
        if look.digest:
            holders.setdefault(look.digest, []).append(look)
    found: dict[str, list[tuple[str, ...]]] = {code: [] for code in _BYTES}
    for looks in holders.values():
        if len(looks) == 1:
            continue
        if len({look.patient for look in looks}) > 1:
            code = "leak-across-patients"
        elif len({(look.zone, _labels(look)) for look in looks}) > 1:
            code = "same-clip-other-labels"
        else:
            code = "same-clip-twice"
        found[code].append(tuple(look.clip for look in looks))
    for code, (level, what, advice) in _BYTES.items():
        if clips := tuple(found[code]):
            what = f"{plural(len(clips), 'recording')} {are(len(clips))} {what}"
            yield Finding(level, code, what, advice=advice, clips=clips)


def _labels(look: ClipLook) -> tuple[tuple[int, int | None, int | None], ...]:
    rows = sorted(look.segments, key=lambda segment: segment.frame_start)
    return tuple((row.frame_start, row.frame_end, row.score) for row in rows)


@register_check(*_PICTURES, needs="frames")
def check_same_pictures(inspection: Inspection) -> Iterator[Finding]:
    """Find clips that show the same pictures though their bytes differ."""
    looks = inspection.clips
    pairs: dict[str, list[tuple[int, int]]] = {code: [] for code in _PICTURES}
    for one, other, distance in find_alike([look.seen.hashes for look in looks], ALIKE):
        if code := _code(looks[one], looks[other], distance):
            pairs[code].append((one, other))
    for code, (level, what, advice) in _PICTURES.items():
        if pairs[code]:
            clusters = _clusters(pairs[code], len(looks))
            clips = tuple(tuple(looks[row].clip for row in rows) for rows in clusters)
            what = f"{plural(sum(map(len, clips)), 'clip')} {what}"
            yield Finding(level, code, what, advice=advice, clips=clips)


def _code(a: ClipLook, b: ClipLook, distance: float) -> str:
    """Say what it means that two clips are alike; empty where it means nothing."""
    if a.digest and a.digest == b.digest:
        return ""  # found by their bytes
    if a.patient != b.patient:
        return "near-leak-across-patients" if distance <= SAME else "alike-across-patients"
    if distance > SAME:
        return ""
    # segments of copies of other lengths need not agree
    scores = [{segment.score for segment in look.segments} for look in (a, b)]
    same = a.zone == b.zone and scores[0] == scores[1]
    return "near-duplicate" if same else "near-duplicate-other-labels"


def _clusters(pairs: Sequence[tuple[int, int]], clips: int) -> list[NDArray[np.intp]]:
    """Join pairs that share a member; clusters in the order of their first members."""
    ones = np.ones(len(pairs), np.bool_)
    graph = coo_array((ones, np.array(pairs).T), shape=(clips, clips))
    labels = connected_components(graph, directed=False)[1]
    paired = np.unique(pairs)
    firsts = paired[np.sort(np.unique(labels[paired], return_index=True)[1])]
    return [np.flatnonzero(labels == labels[first]) for first in firsts]


def find_alike(
    hashes: Sequence[NDArray[np.uint8] | None], most: float
) -> list[tuple[int, int, float]]:
    """Find pairs of clips that show the same pictures.

    Five frames of the one clip, spread evenly, are each held against the nearest of all hashed
    frames of the other; the mean of these five Hamming distances is how far the one is from the
    other. A part of a recording is near the whole, but not the whole near the part, so the lesser
    of both directions counts, and of both views.

    The clips' middle frames are compared with all frames of all clips first, by a matrix product;
    only pairs that this leaves are compared in full.

    Returned are positions in `hashes`, the lower first, and the distance as a fraction of the
    bits, at most `most`; nearest first.
    """
    found: dict[tuple[int, int], float] = {}
    for view in range(2):
        members = [
            (row, views[view])
            for row, views in enumerate(hashes)
            if views is not None and len(views) > view
        ]
        for one, other, distance in _alike_in_one_view([bits for _, bits in members], most):
            rows = sorted((members[one][0], members[other][0]))
            found[rows[0], rows[1]] = min(distance, found.get((rows[0], rows[1]), 1.0))
    pairs = [(one, other, distance) for (one, other), distance in found.items()]
    return sorted(pairs, key=lambda pair: (pair[2], pair[:2]))


def _alike_in_one_view(
    clips: Sequence[NDArray[np.uint8]], most: float
) -> list[tuple[int, int, float]]:
    if len(clips) < 2:
        return []
    middles = _signs(np.stack([packed[len(packed) // 2] for packed in clips]))
    found = []
    for start, stop in _blocks([len(packed) for packed in clips]):
        block = _signs(np.concatenate(clips[start:stop]))
        first = np.cumsum([0, *(len(packed) for packed in clips[start : stop - 1])])
        nearest = _apart(np.maximum.reduceat(middles @ block.T, first, axis=1))
        for one, column in np.argwhere(nearest <= max(_SINGLE_FRAME, most)):
            other = int(start + column)
            if one == other:
                continue
            if len(clips[one]) == 1:  # of a still, the middle frame is all there is to compare
                distance = float(nearest[one, column])
            else:
                frames = block[first[column] :][: len(clips[other])]
                distance = _distance(clips[one], frames)
            if distance <= most:
                found.append((int(one), other, distance))
    return found


def _blocks(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Divide clips into runs of at most so many frames, or one clip."""
    start = frames = 0
    for clip, length in enumerate(lengths):
        if clip > start and frames + length > _BLOCK_FRAMES:
            yield start, clip
            start, frames = clip, 0
        frames += length
    yield start, len(lengths)


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

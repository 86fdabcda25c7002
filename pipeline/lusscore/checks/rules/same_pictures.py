"""Recordings that are there twice in another encoding, size or length."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.clusters import join_pairs
from lusscore.checks.finding import Finding, Level
from lusscore.checks.inspection import ClipLook, Inspection
from lusscore.checks.near_duplicates import find_alike
from lusscore.checks.registry import register_check
from lusscore.wording import plural

# Fractions of bits that differ; docs/checking.md shows the distances they were chosen by. Scans
# of one place of one patient a moment apart are alike too, so only across patients is a distance
# told that a copy seldom has.
SAME = 0.07
ALIKE = 0.10

_TOLD: dict[str, tuple[Level, str, str]] = {
    "near-leak-across-patients": (
        "error",
        "of several patients show the same pictures, in other encodings, sizes or lengths: a "
        "fold would be tested on what it was trained on.",
        "Look at them side by side, and keep one for the patient whose it is.",
    ),
    "alike-across-patients": (
        "warning",
        "of several patients show pictures that are more alike than those of two scans usually "
        "are.",
        "Look at them side by side; if they are one recording, keep one for the patient whose it "
        "is.",
    ),
    "near-duplicate-other-labels": (
        "warning",
        "of one patient show the same pictures, with different zones or scores.",
        "Look at them side by side; if they are one recording, keep the row that is right.",
    ),
    "near-duplicate": (
        "warning",
        "of one patient show the same pictures, in other encodings, sizes or lengths, and count "
        "as often.",
        "Look at them side by side; if they are one recording, keep one.",
    ),
}


@register_check(*_TOLD, needs="frames")
def check_same_pictures(inspection: Inspection) -> Iterator[Finding]:
    """Find clips that show the same pictures though their bytes differ."""
    looks = inspection.clips
    pairs: dict[str, list[tuple[int, int]]] = {code: [] for code in _TOLD}
    for one, other, distance in find_alike([look.hashes for look in looks], ALIKE):
        code = _code(looks[one], looks[other], distance)
        if code:
            pairs[code].append((one, other))
    for code, (level, what, advice) in _TOLD.items():
        clusters = join_pairs(pairs[code])
        if clusters:
            clips = plural(sum(map(len, clusters)), "clip")
            alike = tuple(tuple(looks[row].clip for row in rows) for rows in clusters)
            yield Finding(level, code, f"{clips} {what}", advice=advice, clips=alike)


def _code(a: ClipLook, b: ClipLook, distance: float) -> str:
    """Say what it means that two clips are alike; empty where it means nothing."""
    if a.digest and a.digest == b.digest:
        return ""  # told by their bytes
    if a.patient != b.patient:
        return "near-leak-across-patients" if distance <= SAME else "alike-across-patients"
    if distance > SAME:
        return ""
    return "near-duplicate" if _same_labels(a, b) else "near-duplicate-other-labels"


def _same_labels(a: ClipLook, b: ClipLook) -> bool:
    """Tell whether zone and scores agree; segments of copies of other lengths need not."""
    scores = [{score for _, _, score in look.labels} for look in (a, b)]
    return a.segments[0].zone == b.segments[0].zone and scores[0] == scores[1]

"""Recordings that are there twice, byte by byte."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.finding import Finding
from lusscore.checks.inspection import ClipLook, Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import are, plural


@register_check(
    "leak-across-patients", "same-clip-other-labels", "same-clip-twice", needs="manifest"
)
def check_same_bytes(inspection: Inspection) -> Iterator[Finding]:
    """Find clips with the same digest, where digests are known."""
    holders: dict[str, list[ClipLook]] = {}
    for look in inspection.clips:
        if look.digest:
            holders.setdefault(look.digest, []).append(look)
    across, other, twice = [], [], []
    for looks in holders.values():
        if len(looks) == 1:
            continue
        clips = tuple(look.clip for look in looks)
        if len({look.patient for look in looks}) > 1:
            across.append(clips)
        elif len({(look.segments[0].zone, look.labels) for look in looks}) > 1:
            other.append(clips)
        else:
            twice.append(clips)
    if across:
        yield Finding(
            "error",
            "leak-across-patients",
            f"{plural(len(across), 'recording')} {are(len(across))} given to several patients, "
            "byte by byte "
            "the same, so that a fold would be tested on what it was trained on.",
            clips=tuple(across),
            advice="Find out whose recording it is, and take the other rows out of the manifest.",
        )
    if other:
        yield Finding(
            "error",
            "same-clip-other-labels",
            f"{plural(len(other), 'recording')} of one patient {are(len(other))} there more "
            "than once, byte "
            "by byte the same, with different zones or scores.",
            clips=tuple(other),
            advice="Keep the row that is right, and take the others out of the manifest.",
        )
    if twice:
        yield Finding(
            "warning",
            "same-clip-twice",
            f"{plural(len(twice), 'recording')} of one patient {are(len(twice))} there more "
            "than once, byte "
            "by byte the same, counting as often.",
            clips=tuple(twice),
            advice="Keep one row of each.",
        )

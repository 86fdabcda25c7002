"""Whether exams are complete by their protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import have, plural


@register_check("zone-unknown", "zones-missing", "several-clips-per-zone", needs="manifest")
def check_zones(inspection: Inspection) -> Iterator[Finding]:
    """Count clips per exam and zone."""
    protocol = inspection.cohort.protocol
    bare = tuple(look.clip for look in inspection.clips if not look.segments[0].zone)
    if bare:
        yield Finding(
            "note",
            "zone-unknown",
            f"{plural(len(bare), 'clip')} {have(len(bare))} no zone, counting in no zone or "
            "exam score.",
            clips=each(bare),
            advice="Fill in the column zone where it is known.",
        )
    held: dict[tuple[str, str], Counter[str]] = {}
    for look in inspection.clips:
        segment = look.segments[0]
        if segment.zone:
            held.setdefault((segment.patient, segment.exam), Counter())[segment.zone] += 1
    zones = len(protocol.zones)
    partial = tuple(exam for exam, clips in held.items() if len(clips) < zones)
    if partial:
        yield Finding(
            "note",
            "zones-missing",
            f"{len(partial):,} of {plural(len(held), 'exam')} {have(len(partial))} fewer than "
            f"the {zones} "
            f"zones of {protocol.name}; their sums leave zones out.",
            tuple(f"patient {patient}, exam {exam}" for patient, exam in partial),
        )
    several = [
        f"patient {patient}, exam {exam}, zone {zone}"
        for (patient, exam), clips in held.items()
        for zone, count in clips.items()
        if count > 1
    ]
    if several:
        yield Finding(
            "note",
            "several-clips-per-zone",
            f"{plural(len(several), 'zone')} of exams {have(len(several))} several clips; a "
            "zone's score is "
            "that of most of their frames.",
            tuple(several),
        )

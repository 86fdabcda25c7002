"""Which devices recorded the clips, and whether a device can be taken for disease."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lusscore.checks.confounding import cramers_v, tells
from lusscore.checks.finding import Finding
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.checks.rules.groups import STRONG
from lusscore.wording import listed, plural

_SHOWN = 6


@register_check("device-mix", "devices-tell-groups", "devices-tell-scores", needs="manifest")
def check_devices(inspection: Inspection) -> Iterator[Finding]:
    """Count devices, and hold them against groups and scores."""
    devices = Counter(look.device for look in inspection.clips if look.device)
    if len(devices) > 1:
        told = [
            f"{device} ({plural(count, 'clip')})" for device, count in devices.most_common(_SHOWN)
        ]
        if len(devices) > _SHOWN:
            told.append(f"{len(devices) - _SHOWN:,} more")
        unknown = len(inspection.clips) - devices.total()
        rest = f"; of {plural(unknown, 'clip')} it is not known" if unknown else ""
        what = f"Clips come from {len(devices)} devices: {listed(told)}{rest}."
        yield Finding("note", "device-mix", what)
    by_patient = sorted(
        {
            (look.patient, look.device, look.segments[0].group)
            for look in inspection.clips
            if look.device and look.segments[0].group
        }
    )
    pairs = [(device, group) for _, device, group in by_patient]
    if tells(pairs) or cramers_v(pairs) >= STRONG:
        yield Finding(
            "warning",
            "devices-tell-groups",
            "Device and group go together (corrected Cramér's V "
            f"{cramers_v(pairs):.2f} over patients), so that a model can tell the groups by the "
            "look of the device.",
            advice="Report results per device, or use patients of all groups from each device.",
        )
    pairs = [
        (look.device, str(segment.score))
        for look in inspection.clips
        for segment in look.segments
        if look.device and segment.score is not None
    ]
    if tells(pairs) or cramers_v(pairs) >= STRONG:
        yield Finding(
            "warning",
            "devices-tell-scores",
            f"Device and score go together (corrected Cramér's V {cramers_v(pairs):.2f} over "
            "labelled rows), so that a model can tell scores by the look of the device.",
            advice="Report results per device.",
        )

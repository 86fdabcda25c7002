"""Whether every clip can be read to its end."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check


@register_check("unreadable-clip", needs="headers")
def check_unreadable(inspection: Inspection) -> Iterator[Finding]:
    """Find clips that are there but cannot be read; those of one reason are told together."""
    reasons: dict[str, list[str]] = {}
    for look in inspection.clips:
        if look.error and look.clip not in inspection.missing:
            reasons.setdefault(look.error, []).append(look.clip)
    for reason, clips in reasons.items():
        yield Finding(
            "error",
            "unreadable-clip",
            reason,
            clips=each(clips),
            advice="Put a readable file in its place, or take its rows out of the manifest.",
        )

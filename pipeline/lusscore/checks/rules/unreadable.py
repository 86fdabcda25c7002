"""Whether every clip can be read to its end."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.finding import Finding
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check


@register_check("unreadable-clip", needs="headers")
def check_unreadable(inspection: Inspection) -> Iterator[Finding]:
    """Find clips that are there but cannot be read; those with the same reason are told together.

    The reason is told without the clip's path, whose folders may bear a name.
    """
    reasons: dict[str, list[str]] = {}
    for look in inspection.clips:
        if look.error and look.clip not in inspection.missing:
            path = inspection.cohort.clip_path(look.clip)
            reason = look.error.replace(str(path), "the clip")
            reasons.setdefault(reason[0].upper() + reason[1:], []).append(look.clip)
    for reason, clips in reasons.items():
        yield Finding(
            "error",
            "unreadable-clip",
            reason,
            tuple(clips),
            "Put a readable file in its place, or take its rows out of the manifest.",
        )

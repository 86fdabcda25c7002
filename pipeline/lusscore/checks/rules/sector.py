"""Whether the sector was found."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import plural


@register_check("sector-not-found", needs="frames")
def check_sector(inspection: Inspection) -> Iterator[Finding]:
    """Find clips of which the whole image stands in for the sector."""
    whole = tuple(
        look.clip for look in inspection.clips if look.sector and look.sector.source == "whole"
    )
    if whole:
        yield Finding(
            "warning",
            "sector-not-found",
            f"In {plural(len(whole), 'clip')} no sector was found, so that the network sees "
            "the whole image, with whatever is written in it.",
            clips=each(whole),
            advice=(
                "Look at them with 'lusscore check --preview', and crop them before import if "
                "needed."
            ),
        )

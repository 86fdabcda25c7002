"""What is written into the pictures, and whether a network can read it."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.finding import Finding, Level, each
from lusscore.checks.inspection import ClipLook, Inspection
from lusscore.checks.registry import register_check
from lusscore.sector import sector_mask
from lusscore.wording import have, plural

_HIDES_INSIDE = ("sector-no-text",)
_HIDES_OUTSIDE = ("sector", "sector-no-text")


@register_check("text-inside-sector", "text-outside-sector", needs="frames")
def check_text(inspection: Inspection) -> Iterator[Finding]:
    """Find text and other overlays, and say whether the card's sector policy hides them."""
    policy = inspection.cohort.card.extraction.sector
    inside = tuple(look.clip for look in inspection.clips if _has_text(look, inside=True))
    outside = tuple(look.clip for look in inspection.clips if _has_text(look, inside=False))
    places = (
        ("inside", inside, _HIDES_INSIDE, "text-inside-sector"),
        ("outside", outside, _HIDES_OUTSIDE, "text-outside-sector"),
    )
    for place, clips, hiding, code in places:
        if not clips:
            continue
        hidden = policy in hiding
        level: Level = "note" if hidden else "warning"
        effect = (
            f"is hidden by the card's sector policy {policy!r}"
            if hidden
            else f"can be read by a network under the card's sector policy {policy!r}"
        )
        yield Finding(
            level,
            code,
            f"{plural(len(clips), 'clip')} {have(len(clips))} text or other overlays {place} "
            "the sector, "
            f"which {effect}.",
            clips=each(clips),
            advice="See with 'lusscore check --preview' that all of it was found."
            if hidden
            else 'Write sector = "sector-no-text" under [extraction] in cohort.toml.',
        )


def _has_text(look: ClipLook, *, inside: bool) -> bool:
    """Tell whether any overlay touches the sector, or any lies at least partly outside."""
    if look.sector is None or not look.sector.text:
        return False
    mask = sector_mask(look.sector)
    parts = [mask[box.top : box.bottom, box.left : box.right] for box in look.sector.text]
    return any(bool(part.any()) if inside else not part.all() for part in parts)

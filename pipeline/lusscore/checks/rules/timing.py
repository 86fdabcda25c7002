"""How long clips are, and at which rates they were recorded."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import have, plural

_SHORT = 10
_SHOWN = 4


@register_check("single-frame-clips", "short-clips", needs="frames")
def check_lengths(inspection: Inspection) -> Iterator[Finding]:
    """Find stills, and clips of few frames."""
    frames = {look.clip: look.survey.frames for look in inspection.clips if look.survey}
    single = tuple(clip for clip, count in frames.items() if count == 1)
    if single:
        yield Finding(
            "note",
            "single-frame-clips",
            f"{plural(len(single), 'clip')} {have(len(single))} a single frame; text in a still "
            "and its "
            "sector cannot be told by what moves.",
            clips=each(single),
            advice="Look at them with 'lusscore check --preview'.",
        )
    short = tuple(clip for clip, count in frames.items() if 1 < count < _SHORT)
    if short:
        yield Finding(
            "note",
            "short-clips",
            f"{plural(len(short), 'clip')} {have(len(short))} fewer than {_SHORT} frames.",
            clips=each(short),
        )


@register_check("mixed-frame-rates", needs="headers")
def check_rates(inspection: Inspection) -> Iterator[Finding]:
    """Compare the frame rates of all clips that have one."""
    rates: Counter[int] = Counter()
    for look in inspection.clips:
        if look.facts is not None and not math.isnan(look.facts.frame_rate):
            rates[round(look.facts.frame_rate)] += 1
    if len(rates) > 1:
        told = ", ".join(f"{rate} ({count:,})" for rate, count in rates.most_common(_SHOWN))
        yield Finding(
            "note",
            "mixed-frame-rates",
            f"Clips have {len(rates):,} frame rates, most often, in frames per second: {told}.",
            advice="A frames policy by number takes more frames per second of some than of "
            "others; per-second:n does not.",
        )

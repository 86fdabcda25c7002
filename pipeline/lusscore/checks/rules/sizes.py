"""Whether frames are large enough, and of one size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import have, plural

# The smallest input of the networks of the method (ResNet50, VGG16) is 224 × 224.
_SMALL = 224
_SHOWN = 4


@register_check("low-resolution", "mixed-sizes", needs="headers")
def check_sizes(inspection: Inspection) -> Iterator[Finding]:
    """Compare the sizes of all clips' frames."""
    sizes: Counter[tuple[int, int]] = Counter()
    small = []
    for look in inspection.clips:
        if look.facts is not None:
            sizes[look.facts.width, look.facts.height] += 1
            if min(look.facts.width, look.facts.height) < _SMALL:
                small.append(look.clip)
    if small:
        yield Finding(
            "warning",
            "low-resolution",
            f"{plural(len(small), 'clip')} {have(len(small))} frames of fewer than {_SMALL} "
            "pixels a side, "
            "which networks see enlarged.",
            clips=each(small),
            advice="Export them in the size in which they were recorded.",
        )
    if len(sizes) > 1:
        told = ", ".join(
            f"{width} × {height} ({count:,})"
            for (width, height), count in sizes.most_common(_SHOWN)
        )
        yield Finding(
            "note",
            "mixed-sizes",
            f"Frames have {len(sizes):,} sizes, most often: {told}.",
        )

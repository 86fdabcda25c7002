"""Whether frames show anything, and anything new."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import have, percent, plural

_MANY_REPEATS = 0.1


@register_check("blank-frames", "repeated-frames", needs="frames")
def check_pictures(inspection: Inspection) -> Iterator[Finding]:
    """Find clips with frames of one colour, or with many that repeat the one before."""
    blank = tuple(look.clip for look in inspection.clips if look.blank)
    if blank:
        yield Finding(
            "warning",
            "blank-frames",
            f"{plural(len(blank), 'clip')} {have(len(blank))} frames without a picture, which "
            "carry the "
            "clip's label all the same.",
            clips=each(blank),
            advice="Leave these frames out with frame_start and frame_end in the manifest.",
        )
    repeated, all_repeats, all_frames = [], 0, 0
    for look in inspection.clips:
        if look.survey is not None:
            all_repeats += len(look.survey.repeats)
            all_frames += look.survey.frames
            if len(look.survey.repeats) > _MANY_REPEATS * look.survey.frames:
                repeated.append(look.clip)
    if repeated:
        yield Finding(
            "note",
            "repeated-frames",
            f"In {plural(len(repeated), 'clip')} more than {percent(_MANY_REPEATS, 0)} of the "
            f"frames repeat the one before ({percent(all_repeats / all_frames, 0)} of all "
            "frames of the cohort), as when a recording was exported at a higher rate.",
            clips=each(repeated),
            advice='Set repeated = "drop" in the card, or take fewer frames.',
        )

"""Whether the labelled frames exist."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import have, plural


@register_check("segment-outside-clip", "segment-beyond-clip", needs="frames")
def check_segments(inspection: Inspection) -> Iterator[Finding]:
    """Find segments that begin, or only end, after the last frame of their clip."""
    outside, beyond = [], []
    for look in inspection.clips:
        frames = look.survey.frames if look.survey else None
        for segment in look.segments:
            if frames is not None and segment.frame_start >= frames:
                outside.append(look.clip)
            elif (
                frames is not None and segment.frame_end is not None and segment.frame_end > frames
            ):
                beyond.append(look.clip)
    if outside:
        yield Finding(
            "error",
            "segment-outside-clip",
            f"{plural(len(outside), 'row')} of the manifest {have(len(outside))} a first frame "
            "after "
            "the last of the clip, and so no frames.",
            clips=each(dict.fromkeys(outside)),
            advice="Correct frame_start; frame numbers count from 0.",
        )
    if beyond:
        yield Finding(
            "warning",
            "segment-beyond-clip",
            f"{plural(len(beyond), 'row')} of the manifest {have(len(beyond))} an end after the "
            "last "
            "frame of the clip.",
            clips=each(dict.fromkeys(beyond)),
            advice="Check that the labels were made on these very files: frames may have been "
            "counted at another rate.",
        )

"""One labelled span of a clip."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """One row of a manifest: a labelled span of a clip.

    Attributes
    ----------
    clip
        Path as written in the manifest: relative to it, or absolute.
    patient, exam
        Whom and when.
    zone
        Where; empty when unknown, which leaves the span out of zone and exam scores.
    score
        0–3, or None when unlabelled.
    frame_start, frame_end
        Half-open range of frame numbers; an end of None means the clip's last frame.
    group
        Stratum, e.g. ``"covid"`` or ``"healthy"``; empty when unknown.
    device, rater
        Free text; empty when unknown.
    """

    clip: str
    patient: str
    exam: str
    zone: str
    score: int | None
    frame_start: int = 0
    frame_end: int | None = None
    group: str = ""
    device: str = ""
    rater: str = ""

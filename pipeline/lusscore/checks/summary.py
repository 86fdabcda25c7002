"""What a cohort holds, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from lusscore.checks.inspection import Inspection
from lusscore.cohort import MAXIMUM_ZONE_SCORE


def summarise(inspection: Inspection) -> dict[str, Any]:
    """Count patients, exams, clips, segments, scores and groups, as plain JSON values.

    Frames are counted where clips were decoded, and devices where any is known.
    """
    cohort = inspection.cohort
    segments, groups = cohort.segments, inspection.groups
    summary: dict[str, Any] = {
        "cohort": cohort.name,
        "protocol": cohort.card.protocol,
        "rubric": cohort.card.rubric,
        "synthetic": cohort.card.synthetic,
        "patients": len(groups),
        "exams": len({(segment.patient, segment.exam) for segment in segments}),
        "clips": len(inspection.clips),
        "segments": len(segments),
        "unlabelled_segments": len(segments) - len(inspection.labelled),
        "segments_per_score": _by_score(inspection.scores),
        "patients_per_group": dict(
            sorted(Counter(group or "unknown" for group in groups.values()).items())
        ),
    }
    devices = Counter(look.device for look in inspection.clips if look.device)
    if devices:
        summary["clips_per_device"] = dict(devices.most_common())
    decoded = [look.survey for look in inspection.clips if look.survey is not None]
    if decoded:
        summary["frames"] = sum(media.frames for media in decoded)
        summary["labelled_frames_per_score"] = _by_score(inspection.frames_per_score)
    return summary


def _by_score(counts: Mapping[int, int]) -> dict[str, int]:
    return {str(score): counts.get(score, 0) for score in range(MAXIMUM_ZONE_SCORE + 1)}

"""What was scored at once: a frame, or a whole clip."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lusscore.clips import IMAGE_SUFFIXES
from lusscore.cohort.segments import Segment


def label_level_of(segments: Iterable[Segment]) -> str:
    """Tell at which level a cohort was labelled, as its card says.

    Parameters
    ----------
    segments
        Rows whose clips are absolute paths.

    Returns
    -------
    str
        ``"clip"`` if any score was given to all of a moving file, so that the score of a single
        frame is weak; else ``"frame"``. A folder of images does not move: it is a clip because
        its images lie together, and whoever scored it saw each.
    """
    return "clip" if any(_is_weak(segment) for segment in segments) else "frame"


def _is_weak(segment: Segment) -> bool:
    whole = segment.score is not None and (segment.frame_start, segment.frame_end) == (0, None)
    path = Path(segment.clip)
    return whole and path.suffix.lower() not in IMAGE_SUFFIXES and path.is_file()

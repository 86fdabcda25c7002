"""How many frames a clip has, when each is shown, and which are shown in a segment of seconds."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from lusscore.clips import clip_times, count_frames
from lusscore.errors import ClipError

# half of the shortest step that a container's clock usually has; times are written rounded
_TOLERANCE = 0.0005


# labels name one clip many times, and a video must be decoded to be counted
@lru_cache(maxsize=4096)
def frame_count(path: Path) -> int:
    """Return how many frames a clip has; raise as :func:`lusscore.clips.count_frames`."""
    return count_frames(path)


@lru_cache(maxsize=4096)
def frame_times(path: Path) -> tuple[float, ...]:
    """Return when each frame of a clip is shown, in seconds since the first.

    Raises
    ------
    ClipError
        If the clip cannot be decoded, or has no clock: images have none.
    """
    times = tuple(clip_times(path))
    if any(math.isnan(time) for time in times):
        raise ClipError(f"{path.name} has no clock, so seconds say nothing; give frame numbers.")
    return times


def frames_between(times: Sequence[float], start: float, end: float) -> tuple[int, int | None]:
    """Return the frames that are shown from `start` until just before `end`.

    Parameters
    ----------
    times
        When each frame is shown, ascending, in seconds.
    start, end
        Seconds; infinity is the clip's end.

    Returns
    -------
    frame_start, frame_end
        Half-open range of frame numbers; the end is None where it is the clip's. The range is
        empty, with `frame_start` equal to the number of frames or to `frame_end`, where no frame
        is shown in that time.
    """
    first = bisect_left(times, start - _TOLERANCE)
    last = bisect_left(times, end - _TOLERANCE)
    return first, None if last >= len(times) else last

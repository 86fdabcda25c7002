"""The frames that Label Studio's frame numbers and seconds mean in a clip."""

from __future__ import annotations

from pathlib import Path

from lusscore.cohort.importers.label_studio.tasks import Told
from lusscore.cohort.importers.reading.clip_times import (
    frame_count,
    frame_times,
    frames_between,
)


def frames_told(path: Path, told: Told, rate: float | None) -> list[tuple[int, int | None]]:
    """Return the frames of which something was told, as ranges of the clip's own numbers.

    Parameters
    ----------
    path
        The clip; decoded only if something was told of a part of it.
    told
        What was told.
    rate
        Frames per second by which Label Studio counted, the ``framerate`` of its Video tag; None
        when it is that of the clip.

    Returns
    -------
    list of (start, end)
        Half-open; an end of None is the clip's, so that the whole clip is ``[(0, None)]``.

    Raises
    ------
    ValueError
        If the clip has no such frames; the message says what was expected.
    ClipError
        If it cannot be read.
    """
    if told.seconds is not None:
        return [_between(path, *told.seconds)]
    if not told.ranges:
        return [(0, None)]
    return [_range(path, first, last, rate) for first, last in told.ranges]


def _range(path: Path, first: int, last: int, rate: float | None) -> tuple[int, int | None]:
    if not 1 <= first <= last:
        raise ValueError(f"the range {first}–{last} is no range of frames counted from 1")
    if rate is not None:
        return _between(path, (first - 1) / rate, last / rate)
    count = frame_count(path)
    # Label Studio rounds the number of frames up
    if first > count or last > count + 1:
        raise ValueError(
            f"the range {first}–{last} goes beyond the clip's {count} frames: Label Studio counts "
            "by the framerate of its Video tag; give the one it had with --column fps=NUMBER"
        )
    return first - 1, min(last, count)


def _between(path: Path, start: float, end: float) -> tuple[int, int | None]:
    frames = frames_between(frame_times(path), start, end)
    if frames[0] == frames[1] or frames[0] >= len(frame_times(path)) or end <= start:
        raise ValueError(
            f"no frame of the clip lies between {start:g} and {end:g} seconds; "
            "expected a segment of "
            "a video"
        )
    return frames

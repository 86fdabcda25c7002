"""When a DICOM file's frames were shown."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any


def frame_times(dataset: Any, frames: int) -> list[float]:
    """Return the time of each frame in seconds since the first; all NaN without a clock.

    Looked for in this order: the vector of frame times, the frame time, the cine rate, the
    recommended and the display frame rate.

    References
    ----------
    DICOM PS3.3 C.7.6.5 (cine module); both frame times are in milliseconds.
    """
    steps = _vector(dataset)
    if len(steps) >= frames > 1:
        return list(accumulate((step / 1000 for step in steps[1:frames]), initial=0.0))
    step = _step(dataset)
    return [index * step for index in range(frames)] if step else [math.nan] * frames


def frame_rate(dataset: Any, frames: int) -> float:
    """Return frames per second, on average where their times differ; NaN without a clock."""
    times = frame_times(dataset, max(frames, 2))
    span = times[-1]
    return (len(times) - 1) / span if span > 0 else math.nan


def _vector(dataset: Any) -> list[float]:
    told = dataset.get("FrameTimeVector")
    if told is None or told == "":
        return []
    values = [float(value) for value in (told if hasattr(told, "__iter__") else [told])]
    positive = all(math.isfinite(value) and value >= 0 for value in values)
    return values if positive and any(values[1:]) else []


def _step(dataset: Any) -> float:
    """Return seconds between frames; 0 where the file does not say."""
    for keyword, per in (("FrameTime", 1000.0), ("CineRate", None)):
        value = _positive(dataset, keyword)
        if value:
            return value / per if per else 1 / value
    rate = _positive(dataset, "RecommendedDisplayFrameRate")
    return 1 / rate if rate else 0.0


def _positive(dataset: Any, keyword: str) -> float:
    told = dataset.get(keyword)
    try:
        value = float(told)
    except (TypeError, ValueError):
        return 0.0
    return value if math.isfinite(value) and value > 0 else 0.0

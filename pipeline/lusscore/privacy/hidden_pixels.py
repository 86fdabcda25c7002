"""Whether a video stream stores more than a player shows of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from lusscore.clips import open_video
from lusscore.privacy.video_planes import FORMATS, plane_values

_BLOCK = 16
"""Pixels; H.264 stores whole squares of so many, and shows as much of the last as is wanted."""

_LIKE_THE_EDGE = 32
"""Levels (0–255) by which pixels that only fill the last square may differ from the edge.

Encoders repeat the edge there, and lose a little of it: at most 19 levels in every sixth clip of
COVID-BLUES.
"""


def hides_pixels(clip: Path) -> bool:
    """Tell whether a video stream may hold pixels that are stored and not shown.

    A stream states which part of its pictures is shown. Who cuts a clip by changing that statement
    leaves the rest in every picture, and whoever changes it back sees it again. What only fills
    the last square to the right and below, and repeats the edge, tells nothing.

    Returns
    -------
    bool
        True too if some pictures are never shown, or if it cannot be told.

    Raises
    ------
    av.FFmpegError
        If FFmpeg cannot decode it.
    """
    with open_video(str(clip)) as cut, open_video(str(clip)) as whole:
        cut.streams.video[0].thread_count = whole.streams.video[0].thread_count = 1
        whole.streams.video[0].codec_context.options = {"apply_cropping": "0"}
        shown = cut.decode(cut.streams.video[0])
        packets = pictures = 0
        for packet in whole.demux(whole.streams.video[0]):
            packets += packet.size > 0
            for stored in packet.decode():
                pictures += 1
                picture = next(shown, None)
                if picture is None or not _is_all_of(picture, stored):
                    return True
        return pictures != packets


def _is_all_of(picture: av.VideoFrame, stored: av.VideoFrame) -> bool:
    """Tell whether a picture as it is shown tells all that is stored of it."""
    if (stored.height, stored.width) == (picture.height, picture.width):
        return True
    if max(stored.height - picture.height, stored.width - picture.width) >= _BLOCK:
        return False
    return picture.format.name in FORMATS and all(
        map(_repeats_the_edge, _planes(picture), _planes(stored))
    )


def _repeats_the_edge(part: NDArray[np.int16], whole: NDArray[np.int16]) -> bool:
    """Tell whether `whole` is `part`, with its last row and column repeated below and beside."""
    height, width = part.shape
    below, beside = whole.shape[0] - height, whole.shape[1] - width
    filled = np.pad(part, ((0, below), (0, beside)), "edge")
    difference = np.abs(whole - filled)
    return not difference[:height, :width].any() and bool((difference <= _LIKE_THE_EDGE).all())


def _planes(picture: av.VideoFrame) -> Iterator[NDArray[np.int16]]:
    return (plane_values(plane).astype(np.int16) for plane in picture.planes)

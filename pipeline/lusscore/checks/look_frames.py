"""What checks need of a clip's pictures: hashes, blank frames, a picture to show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.checks.frame_hashes import FrameHashes, chosen_frames, hash_frames, reduce_frame
from lusscore.clips import open_clip
from lusscore.sector import Sector, show_sector

# Standard deviation of values under which a frame shows nothing; that of the dimmest scans of
# COVID-BLUES is above 10.
_BLANK = 5.0
_PICTURE_SIDE = 320
_THUMBNAIL_SIDE = 160
# A sector found by motion or told by the file leaves the writing around it out; others may not,
# and text within it is found by its not moving, so never in a still.
_TRUSTED = ("motion", "dicom")


@dataclass(frozen=True)
class FramesSeen:
    """What a clip's frames gave.

    Attributes
    ----------
    hashes
        None if all frames are blank.
    blank
        Frames without a picture, of those looked at.
    picture
        JPEG of the middle frame as it is, reduced.
    thumbnail
        JPEG of the same frame within the sector, text painted over; empty where the sector may
        hold text that was not found.
    """

    hashes: FrameHashes | None
    blank: int
    picture: bytes = b""
    thumbnail: bytes = b""


def look_at_frames(
    path: Path, frames: int, sector: Sector, *, pictures: bool = False
) -> FramesSeen:
    """Decode a clip and keep what checks need of frames throughout it.

    Parameters
    ----------
    path
        The clip.
    frames
        How many frames it has, at least 1.
    sector
        Its sector.
    pictures
        Whether to keep pictures of the middle frame; empty otherwise.

    Raises
    ------
    ClipError
        If the clip cannot be read.
    """
    wanted = chosen_frames(frames)
    middle = wanted[len(wanted) // 2]
    kept: list[NDArray[np.uint8]] = []
    blank = 0
    picture = thumbnail = b""
    for frame in open_clip(path, only=wanted):
        if pictures and frame.index == middle:
            picture = _jpeg(frame.rgb, _PICTURE_SIDE)
            if frames > 1 and sector.source in _TRUSTED:
                within = show_sector(frame.rgb, sector, "sector-no-text")
                thumbnail = _jpeg(within, _THUMBNAIL_SIDE)
        if frame.rgb[::4, ::4].std() < _BLANK:
            blank += 1
            continue
        grey = reduce_frame(frame.rgb)
        if not kept or kept[0].shape == grey.shape:
            kept.append(grey)
    return FramesSeen(hash_frames(kept, sector), blank, picture, thumbnail)


def _jpeg(rgb: NDArray[np.uint8], side: int) -> bytes:
    """Encode a picture, its longest side at most `side` pixels."""
    scale = side / max(rgb.shape[:2])
    if scale < 1:
        height, width = (max(1, round(length * scale)) for length in rgb.shape[:2])
        rgb = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return bytes(encoded)

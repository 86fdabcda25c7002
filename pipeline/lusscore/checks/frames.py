"""What checks keep of a clip's frames: perceptual hashes, blank frames, a picture to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.clips import open_clip
from lusscore.sector import Sector, is_blank, sector_mask, show_sector

# docs/checking.md tells how these were chosen, and the distances between clips they were chosen by.
HASH_SIDE = 12
HASH_BITS = HASH_SIDE * HASH_SIDE
_PHASH_SIDE = 4 * HASH_SIDE
_LONGEST_SIDE = 480
_EVERY = 3
_MOST_FRAMES = 64
# The whole image tells clips apart only where most of it is sector and little outside it stays
# bright: menus, rulers and wide borders are alike in all clips of a device.
_LEAST_SECTOR = 0.6
_BRIGHT = 60
_MOST_BRIGHT = 0.01
_PICTURE_SIDE = 320
_THUMBNAIL_SIDE = 160
# A sector found by motion or declared by the file leaves the writing around it out; others may
# not, and text within it is found by its not moving, so never in a still.
_TRUSTED = ("motion", "dicom")


@dataclass(frozen=True)
class FramesSeen:
    """What a clip's frames gave.

    Attributes
    ----------
    hashes
        uint8, shape (views, frames, bytes): packed bits of perceptual hashes of frames throughout
        the clip. The first view is the sector; a second, where there is one, is the whole image,
        for in a copy the sector can be found a little elsewhere. None if all frames are blank.
    blank
        Numbers of the frames of one colour all over, of those looked at.
    picture
        JPEG of the middle frame as it is, reduced; empty unless asked for.
    thumbnail
        JPEG of the same frame within the sector, text painted over; empty where the sector may
        hold text that was not found.
    """

    hashes: NDArray[np.uint8] | None = None
    blank: tuple[int, ...] = ()
    picture: bytes = b""
    thumbnail: bytes = b""


def look_at_frames(
    path: Path, frames: int, sector: Sector, *, pictures: bool = False
) -> FramesSeen:
    """Decode a clip of `frames` frames and keep what checks need; raise ClipError if it fails."""
    wanted = chosen_frames(frames)
    middle = wanted[len(wanted) // 2]
    kept: list[NDArray[np.uint8]] = []
    blank: list[int] = []
    picture = thumbnail = b""
    for frame in open_clip(path, only=wanted):
        if pictures and frame.index == middle:
            picture = _jpeg(frame.rgb, _PICTURE_SIDE)
            if frames > 1 and sector.source in _TRUSTED:
                within = show_sector(frame.rgb, sector, "sector-no-text")
                thumbnail = _jpeg(within, _THUMBNAIL_SIDE)
        if is_blank(frame.rgb):
            blank.append(frame.index)
            continue
        grey = reduce_frame(frame.rgb)
        if not kept or kept[0].shape == grey.shape:
            kept.append(grey)
    return FramesSeen(hash_frames(kept, sector), tuple(blank), picture, thumbnail)


def chosen_frames(frames: int) -> range:
    """Choose the frames of a clip that are looked at: every third, at most 64, spread evenly."""
    return range(0, frames, max(_EVERY, -(-frames // _MOST_FRAMES)))


def reduce_frame(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a frame in grey, its longest side at most 480 pixels: uint8, (height, width)."""
    return _at_most(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8), _LONGEST_SIDE)


def hash_frames(frames: Sequence[NDArray[np.uint8]], sector: Sector) -> NDArray[np.uint8] | None:
    """Hash reduced frames of one size; `sector` is in pixels of the clip's own frames."""
    if not frames:
        return None
    height, width = frames[0].shape
    outline = tuple(
        (x * width // sector.width, y * height // sector.height) for x, y in sector.outline
    )
    inside = sector_mask(Sector(height, width, sector.source, outline))
    rows, columns = (slice(axis.min(), axis.max() + 1) for axis in np.nonzero(inside))
    views = [[_hash((frame * inside)[rows, columns]) for frame in frames]]
    lasting = (np.min(frames, axis=0) >= _BRIGHT) & ~inside
    wide = inside[rows, columns].size >= _LEAST_SECTOR * inside.size
    if wide and lasting.mean() <= _MOST_BRIGHT:
        views.append([_hash(frame) for frame in frames])
    return np.packbits(np.array(views, np.bool_), axis=2)


def _hash(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    import imagehash
    from PIL import Image

    small = cv2.resize(grey, (_PHASH_SIDE, _PHASH_SIDE), interpolation=cv2.INTER_AREA)
    bits: NDArray[np.bool_] = imagehash.phash(Image.fromarray(small), HASH_SIDE).hash
    return bits.ravel()


def _jpeg(rgb: NDArray[np.uint8], side: int) -> bytes:
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(_at_most(rgb, side), cv2.COLOR_RGB2BGR))
    return bytes(encoded)


def _at_most(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Reduce an image so that its longest side is at most `side` pixels."""
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image
    height, width = (max(1, round(length * scale)) for length in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)

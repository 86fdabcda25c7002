"""Perceptual hashes of a clip's frames: alike for the same picture, however it was encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.sector import Sector, sector_mask

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


@dataclass(frozen=True)
class FrameHashes:
    """Hashes of frames throughout a clip.

    Attributes
    ----------
    views
        uint8, shape (views, frames, bytes): packed bits. The first view is the sector; a second,
        where there is one, is the whole image, for in a copy the sector can be found a little
        elsewhere.
    """

    views: NDArray[np.uint8]


def chosen_frames(frames: int) -> range:
    """Choose the frames of a clip that are hashed: every third, at most 64, spread evenly."""
    return range(0, frames, max(_EVERY, -(-frames // _MOST_FRAMES)))


def reduce_frame(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a frame in grey, its longest side at most 480 pixels: uint8, (height, width)."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    scale = _LONGEST_SIDE / max(grey.shape)
    if scale < 1:
        height, width = (max(1, round(side * scale)) for side in grey.shape)
        grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)


def hash_frames(frames: Sequence[NDArray[np.uint8]], sector: Sector) -> FrameHashes | None:
    """Hash frames of one clip.

    Parameters
    ----------
    frames
        From :func:`reduce_frame`, all of one size.
    sector
        Of the clip, in pixels of its unreduced frames.

    Returns
    -------
    FrameHashes or None
        None if there are no frames.
    """
    if not frames:
        return None
    inside = sector_mask(_scaled(sector, frames[0].shape))
    rows, columns = (slice(axis.min(), axis.max() + 1) for axis in np.nonzero(inside))
    views = [[_hash((frame * inside)[rows, columns]) for frame in frames]]
    lasting = (np.min(frames, axis=0) >= _BRIGHT) & ~inside
    wide = inside[rows, columns].size >= _LEAST_SECTOR * inside.size
    if wide and lasting.mean() <= _MOST_BRIGHT:
        views.append([_hash(frame) for frame in frames])
    return FrameHashes(np.packbits(np.array(views, np.bool_), axis=2))


def _hash(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    import imagehash
    from PIL import Image

    small = cv2.resize(grey, (_PHASH_SIDE, _PHASH_SIDE), interpolation=cv2.INTER_AREA)
    bits: NDArray[np.bool_] = imagehash.phash(Image.fromarray(small), HASH_SIDE).hash
    return bits.ravel()


def _scaled(sector: Sector, shape: tuple[int, ...]) -> Sector:
    """Return a sector in pixels of a reduced frame."""
    height, width = shape
    outline = tuple(
        (x * width // sector.width, y * height // sector.height) for x, y in sector.outline
    )
    return Sector(height, width, sector.source, outline)

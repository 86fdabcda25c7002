"""The pictures of copies: what is kept of them, making the rest black, and proving it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lusscore.clips import Frame, open_clip
from lusscore.errors import ClipError
from lusscore.sector import Sector, sector_mask

# pixels by which text is blanked wider than its box, for the soft edges of letters
_MARGIN = 2
# a letter is no wider than it is high, and no wider than one part in so many of the height
_LETTER = 20
# brightest level (0–255) that counts as black: lossy codecs leave a little noise there
_BLACK = 8
_SAME_TIME = 1e-3  # seconds


def kept_pixels(sector: Sector) -> NDArray[np.bool_]:
    """Return which pixels of a clip may stay; where no sector was found, all but the text.

    Video stores colour for squares of 2 × 2 pixels, so squares stay or go as one: they stay when
    any of their pixels is in the sector, and go when any of them is text. The shape is (height,
    width).
    """
    shape = (sector.height, sector.width)
    found = sector.source != "whole"
    keep = _any_of_square(sector_mask(sector)) if found else np.ones(shape, np.bool_)
    text = np.zeros(shape, np.bool_)
    for box in sector.text:
        # where some letters of a word are found, the next one to either side may be missing
        letter = min(box.bottom - box.top, sector.height // _LETTER) + _MARGIN
        top, left = max(box.top - _MARGIN, 0), max(box.left - letter, 0)
        text[top : box.bottom + _MARGIN, left : box.right + letter] = True
    return keep & ~_any_of_square(text)


def _any_of_square(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Set every pixel of a 2 × 2 square when any of its pixels is set."""
    height, width = mask.shape
    padded = np.pad(mask, ((0, height % 2), (0, width % 2)))
    squares = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)
    wide: NDArray[np.bool_] = squares.any(axis=(1, 3)).repeat(2, axis=0).repeat(2, axis=1)
    return wide[:height, :width]


def blanked(clip: Path, keep: NDArray[np.bool_]) -> Iterator[Frame]:
    """Yield a clip's frames, black where `keep` is false.

    Raises ClipError if the clip cannot be read or a frame is not of the size of `keep`.
    """
    for frame in open_clip(clip):
        if frame.rgb.shape[:2] != keep.shape:
            raise ClipError(
                "the clip holds frames of more than one size; expected one size, since the sector "
                "is found once for all of them",
                advice="import them as clips of their own",
                path=clip,
            )
        yield Frame(frame.index, frame.time, np.where(keep[..., None], frame.rgb, np.uint8(0)))


def anything_to_blank(clip: Path, keep: NDArray[np.bool_]) -> bool:
    """Tell whether any frame of a clip is brighter than black where `keep` is false."""
    out = ~keep
    return bool(out.any()) and any(
        frame.rgb.shape[:2] != keep.shape or bool((frame.rgb[out] > _BLACK).any())
        for frame in open_clip(clip)
    )


def verify_lossless(clip: Path, copy: Path, keep: NDArray[np.bool_] | None) -> bool:
    """Tell whether a copy, read back, has the frames of a clip at the same times.

    They must be those of the clip where `keep` is true, and black elsewhere; None is everywhere.
    """
    found = open_clip(copy)
    for frame in open_clip(clip) if keep is None else blanked(clip, keep):
        other = _next(found)
        # a first frame is at 0 or, alone and without a clock, at no time
        clocked = frame.index > 0 and not math.isnan(frame.time)
        if (
            not isinstance(other, Frame)
            or (clocked and not abs(frame.time - other.time) <= _SAME_TIME)
            or not np.array_equal(frame.rgb, other.rgb)
        ):
            return False
    return _next(found) is None


def _next(frames: Iterator[Frame]) -> Frame | ClipError | None:
    try:
        return next(frames, None)
    except ClipError as error:
        return error


def copy_images(clip: Path, copy: Path, keep: NDArray[np.bool_]) -> None:
    """Write the one frame of a clip as PNG, or each into a new folder if `copy` has no suffix."""
    if not copy.suffix:
        copy.mkdir()
    for frame in blanked(clip, keep):
        grey = np.ascontiguousarray(frame.rgb[..., 0])
        is_grey = bool((frame.rgb == grey[..., None]).all())
        # an image made of an array has nothing but pixels: no EXIF, text, profile or thumbnail
        image = Image.fromarray(grey if is_grey else frame.rgb)
        image.save(copy if copy.suffix else copy / f"{frame.index:06d}.png", format="PNG")
    if not verify_lossless(clip, copy, keep):
        raise ClipError(
            "the clip changed while it was copied",
            advice="run this again when it is at rest",
            path=clip,
        )

"""What of a clip's pictures is kept, and making the rest black."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusscore.clips import Frame, open_clip
from lusscore.errors import ClipError
from lusscore.sector import Sector, sector_mask

_MARGIN = 2
"""Pixels by which text is blanked wider than its box, for the soft edges of letters."""

_LETTER = 20
"""A letter is no wider than it is high, and no wider than one part in so many of the height."""

_BLACK = 8
"""Brightest level (0–255) that counts as black: lossy codecs leave a little noise there."""


def kept_pixels(sector: Sector) -> NDArray[np.bool_]:
    """Return which pixels of a clip may stay.

    Video stores colour for squares of 2 × 2 pixels, so squares stay or go as one: they stay when
    any of their pixels is in the sector, and go when any of them is text.

    Parameters
    ----------
    sector
        Where tissue and text are. Where no sector was found, all but the text stays.

    Returns
    -------
    ndarray of bool, shape (height, width)
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


def blanked(path: Path, keep: NDArray[np.bool_]) -> Iterator[Frame]:
    """Yield a clip's frames, black where `keep` is false.

    Raises
    ------
    ClipError
        If the clip cannot be read or its frames are not all of the size of `keep`.
    """
    for frame in open_clip(path):
        if frame.rgb.shape[:2] != keep.shape:
            raise ClipError(
                "the clip holds frames of more than one size; expected one size, since the sector "
                "is found once for all of them",
                advice="import them as clips of their own",
                path=path,
            )
        yield Frame(frame.index, frame.time, np.where(keep[..., None], frame.rgb, np.uint8(0)))


def anything_to_blank(path: Path, keep: NDArray[np.bool_]) -> bool:
    """Tell whether any frame of a clip is brighter than black where `keep` is false.

    Raises
    ------
    ClipError
        If the clip cannot be read.
    """
    out = ~keep
    return bool(out.any()) and any(
        frame.rgb.shape[:2] != keep.shape or bool((frame.rgb[out] > _BLACK).any())
        for frame in open_clip(path)
    )


def _any_of_square(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Set every pixel of a 2 × 2 square when any of its pixels is set."""
    height, width = mask.shape
    padded = np.pad(mask, ((0, height % 2), (0, width % 2)))
    squares = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)
    wide: NDArray[np.bool_] = squares.any(axis=(1, 3)).repeat(2, axis=0).repeat(2, axis=1)
    return wide[:height, :width]

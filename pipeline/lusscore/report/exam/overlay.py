"""A class activation map as a picture to lie over a frame.

What speaks for a score in a cell is the score's map less the mean of the four scores' maps, for
the same added to all four logits changes no probability. It is brought to the picture by bilinear
interpolation between the cells' centres. With e what speaks for the score there and E the most
that speaks for it anywhere in the clip,

    v = min(1, max(0, e) / E),   alpha = 0.8 v,   colour = ramp(v),

so that nothing is drawn where nothing speaks for the score, a frame in which little speaks for it
stays pale, and the ultrasound is seen through everything.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LONGEST_SIDE = 320
MOST_OPAQUE = 0.8
LEVELS = 128

# Lightness rises along it, so that the order also holds in grey and for the colour-blind; no colour
# of it is grey, so that it is told from ultrasound.
RAMP = ("#8a2be2", "#d6389b", "#ff7a3d", "#ffd23f", "#fff08a")

_Float = NDArray[np.float64]
Window = tuple[float, float, float, float]


def draw_overlay(
    speaks: NDArray[np.floating], window: Window, height: int, width: int, most: float
) -> bytes:
    """Draw what speaks for a score as a PNG with transparency.

    Parameters
    ----------
    speaks
        Of one frame, shape (rows, columns), over the square that the network sees; below zero it
        speaks against the score.
    window
        (left, top, right, bottom) of the picture in that square, as fractions of its sides.
    height, width
        Of the picture, in pixels; what is drawn has its proportions and at most `LONGEST_SIDE`
        pixels along a side.
    most
        What is drawn strongest; above 0.

    Returns
    -------
    bytes
        A PNG of `LEVELS` colours.
    """
    factor = min(1.0, LONGEST_SIDE / max(height, width))
    shape = max(1, round(height * factor)), max(1, round(width * factor))
    strength = np.clip(magnify(speaks, window, shape) / most, 0, 1)
    # rounded up, so that whatever speaks for the score is seen
    levels = np.ceil(strength * (LEVELS - 1)).astype(np.uint8)
    picture = Image.frombytes("P", shape[::-1], levels.tobytes())
    share = np.linspace(0, 1, LEVELS)
    picture.putpalette(ramp_colours(share).astype(np.uint8).tobytes())
    alpha = np.round(255 * MOST_OPAQUE * share).astype(np.uint8)
    coded = io.BytesIO()
    picture.save(coded, "PNG", optimize=True, transparency=alpha.tobytes())
    return coded.getvalue()


def magnify(speaks: NDArray[np.floating], window: Window, shape: tuple[int, int]) -> _Float:
    """Interpolate a map at the pixels of a picture: from (rows, columns) to `shape`.

    Beyond the centres of the outermost cells their values go on.
    """
    left, top, right, bottom = window
    rows = _weights(speaks.shape[0], top, bottom, shape[0])
    columns = _weights(speaks.shape[1], left, right, shape[1])
    return np.asarray(rows @ speaks.astype(np.float64) @ columns.T)


def ramp_colours(share: _Float) -> _Float:
    """Return the ramp's colours at shares 0–1 of it: 0–255, shape (shares, 3)."""
    anchors = np.array([[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in RAMP])
    places = np.linspace(0, 1, len(RAMP))
    channels = [np.interp(share, places, anchors[:, channel]) for channel in range(3)]
    return np.asarray(np.round(np.stack(channels, axis=-1)))


def _weights(cells: int, start: float, stop: float, pixels: int) -> _Float:
    """How much each cell counts at each pixel, shape (pixels, cells)."""
    centres = start + (np.arange(pixels) + 0.5) / pixels * (stop - start)
    places = np.clip(centres * cells - 0.5, 0, cells - 1)
    return np.asarray(np.maximum(0.0, 1 - np.abs(places[:, None] - np.arange(cells))))

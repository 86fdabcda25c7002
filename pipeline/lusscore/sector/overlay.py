"""Characters, rulers and logos: what a machine wrote over the picture.

Three tests, each of which tissue fails. It consists of strokes whose left and right edges are
sharp and stay where they are in every frame: the beam of a probe is many pixels wide, so tissue
has no such edges across it, and speckle flickers. Outside the sector there is no tissue, so that
a weaker edge is enough. And it may have a colour that grey-scale ultrasound has not.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.sector.show import Box
from lusscore.sector.statistics import ClipStatistics

# The widest stroke, as (pixels, part of the height).
_WIDTH = (8, 0.025)
# A stroke that the image's border cuts through has its other edge there, if it is this bright.
_CUT = 100
# Luma step over two pixels that stays in every frame. On 281 clips of a convex probe tissue kept
# at most 142, the characters of every clip that has some at least 184 (docs/sector.md).
_SHARP = 160
# The same beside a stroke that stays white, for characters on bright tissue.
_SHARP_BY_WHITE = 100
_STAYS_WHITE = 200
_STAYS = 40
# The same where no tissue is, and near a sharp edge.
_EDGE = 50
# Channel difference that no grey-scale picture keeps, and the part of a picture that a tinted
# map colours.
_COLOURED = 60
_TINTED = 0.2
# One frame shows no flicker: only a flat, nearly white stroke is taken for a character there.
_WHITE = 220
_STILL_SHARP = 150
# Frames from which on edges tell tissue from overlays.
_FRAMES = 4
# The least height and the fewest edge pixels of a character, as (pixels, part of the height).
_HEIGHT = (4, 0.012)
_STROKES = 6
# Space between characters of one line, as part of the image's height.
_SPACE = 0.03


def find_overlays(statistics: ClipStatistics, inside: NDArray[np.bool_] | None) -> tuple[Box, ...]:
    """Find what is written over the picture: one box per line of text or sign, with a margin.

    Boxes are in pixels of the statistics' arrays, as is `inside`, where tissue is shown; None
    while that is not known, which leaves weak edges alone.
    """
    weak = _stroke_edges(statistics, _EDGE)
    sharp = _sharp(statistics)
    seeds = sharp | (weak & _coloured(statistics))
    if inside is not None:
        seeds |= weak & ~_widen(inside, 5)
    any_edge = np.maximum(statistics.rising, statistics.falling) >= _EDGE
    return _boxes(seeds, any_edge, sharp)


def _sharp(statistics: ClipStatistics) -> NDArray[np.bool_]:
    if statistics.frames >= _FRAMES:
        change = statistics.brightest.astype(np.int16) - statistics.darkest
        white = (statistics.darkest >= _STAYS_WHITE) & (change <= _STAYS)
        by_white = _stroke_edges(statistics, _SHARP_BY_WHITE) & _widen(white, 3)
        return _stroke_edges(statistics, _SHARP) | by_white
    return _stroke_edges(statistics, _STILL_SHARP) & _widen(statistics.darkest >= _WHITE, 3)


def _coloured(statistics: ClipStatistics) -> NDArray[np.bool_]:
    """Find colour that stays, unless the whole picture is tinted."""
    coloured = statistics.colour >= _COLOURED
    bright = statistics.brightest >= _COLOURED
    if coloured.sum() > _TINTED * max(1, int(bright.sum())):
        return np.zeros_like(coloured)
    return _widen(coloured, 3)


def _stroke_edges(statistics: ClipStatistics, least: int) -> NDArray[np.bool_]:
    """Find both edges of every stroke, bright on dark or dark on bright, of at least some luma.

    The border of the sector rises and does not fall again; a character, a tick or a line does so
    within the width of a pen.
    """
    rising, falling = statistics.rising >= least, statistics.falling >= least
    width = max(_WIDTH[0], round(_WIDTH[1] * rising.shape[0]))
    edges = _paired(rising, falling, width) | _paired(falling, rising, width)
    cut = statistics.darkest >= _CUT
    edges[:, : width + 1] |= falling[:, : width + 1] & cut[:, :1]
    edges[:, -width - 1 :] |= rising[:, -width - 1 :] & cut[:, -1:]
    return edges


def _paired(left: NDArray[np.bool_], right: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """Keep left edges that have a right edge at most `width` pixels on, and those right edges."""
    segment: NDArray[Any] = np.ones((1, width + 1), np.uint8)
    followed = cv2.dilate(right.astype(np.uint8), segment, anchor=(0, 0)) > 0
    led = cv2.dilate(left.astype(np.uint8), segment, anchor=(width, 0)) > 0
    kept: NDArray[np.bool_] = (left & followed) | (right & led)
    return kept


def _widen(mask: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Add the pixels within a square of `side` pixels round each pixel of a mask."""
    wide: NDArray[np.uint8] = cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8))
    return wide > 0


def _boxes(
    seeds: NDArray[np.bool_], edges: NDArray[np.bool_], sharp: NDArray[np.bool_]
) -> tuple[Box, ...]:
    """Grow seeds over the edges near them, join characters to lines and drop specks."""
    height = seeds.shape[0]
    near = edges & _widen(seeds, 2 * max(2, round(_SPACE * height)) + 1)
    strokes = near | seeds
    gap = max(3, round(_SPACE * height))
    kernel: NDArray[Any] = np.ones((3, 2 * gap + 1), np.uint8)
    joined = cv2.dilate(strokes.astype(np.uint8), kernel)
    count, labels = cv2.connectedComponents(joined)
    margin = max(2, round(0.006 * height))
    least = max(_HEIGHT[0], _HEIGHT[1] * height)
    boxes = []
    for label in range(1, count):
        part = (labels == label) & strokes
        rows, columns = np.nonzero(part)
        certain = seeds[part].sum() >= _STROKES or sharp[part].any()
        if not certain or len(rows) < _STROKES or rows.max() - rows.min() + 1 < least:
            continue
        boxes.append(
            Box(
                max(0, int(columns.min()) - margin),
                max(0, int(rows.min()) - margin),
                min(seeds.shape[1], int(columns.max()) + 1 + margin),
                min(height, int(rows.max()) + 1 + margin),
            )
        )
    return tuple(boxes)

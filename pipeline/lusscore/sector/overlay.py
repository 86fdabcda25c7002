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

from lusscore.sector.sector import Box
from lusscore.sector.statistics import ClipStatistics
from lusscore.sector.strokes import stroke_edges, widen

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


def find_overlays(
    statistics: ClipStatistics, inside: NDArray[np.bool_] | None
) -> tuple[list[Box], NDArray[np.bool_]]:
    """Find what is written over the picture.

    Parameters
    ----------
    statistics
        Of at least one frame.
    inside
        bool, shape (rows, columns) of the statistics' arrays: where tissue is shown; None while
        that is not known, which leaves weak edges alone.

    Returns
    -------
    list of Box
        One per line of text or sign, in pixels of the statistics' arrays, with a margin.
    ndarray of bool, shape (rows, columns)
        The boxes filled.
    """
    weak = stroke_edges(statistics, _EDGE)
    sharp = _sharp(statistics)
    seeds = sharp | (weak & _coloured(statistics))
    if inside is not None:
        seeds |= weak & ~widen(inside, 5)
    any_edge = np.maximum(statistics.rising, statistics.falling) >= _EDGE
    boxes = _boxes(seeds, any_edge, sharp)
    filled = np.zeros(weak.shape, np.bool_)
    for box in boxes:
        filled[box.top : box.bottom, box.left : box.right] = True
    return boxes, filled


def _sharp(statistics: ClipStatistics) -> NDArray[np.bool_]:
    if statistics.frames >= _FRAMES:
        change = statistics.brightest.astype(np.int16) - statistics.darkest
        white = (statistics.darkest >= _STAYS_WHITE) & (change <= _STAYS)
        by_white = stroke_edges(statistics, _SHARP_BY_WHITE) & widen(white, 3)
        return stroke_edges(statistics, _SHARP) | by_white
    return stroke_edges(statistics, _STILL_SHARP) & widen(statistics.darkest >= _WHITE, 3)


def _coloured(statistics: ClipStatistics) -> NDArray[np.bool_]:
    """Find colour that stays, unless the whole picture is tinted."""
    coloured = statistics.colour >= _COLOURED
    bright = statistics.brightest >= _COLOURED
    if coloured.sum() > _TINTED * max(1, int(bright.sum())):
        return np.zeros_like(coloured)
    return widen(coloured, 3)


def _boxes(
    seeds: NDArray[np.bool_], edges: NDArray[np.bool_], sharp: NDArray[np.bool_]
) -> list[Box]:
    """Grow seeds over the edges near them, join characters to lines and drop specks."""
    height = seeds.shape[0]
    near = edges & widen(seeds, 2 * max(2, round(_SPACE * height)) + 1)
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
    return boxes

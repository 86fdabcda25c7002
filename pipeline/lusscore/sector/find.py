"""Finding the sector of a clip: a convex polygon round what moves and is bright."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.clips import Region, clip_regions, open_clip
from lusscore.sector.overlay import find_overlays
from lusscore.sector.show import Box, Sector, fill_boxes
from lusscore.sector.statistics import ClipStatistics

# Raise it whenever the same clip may get another sector.
SECTOR_VERSION = 2
# Luma that a black border with its compression noise does not reach.
_BRIGHT = 8
# Change of luma over the clip that a still overlay does not show.
_MOVES = 4
# The smallest part of an image that is taken for a sector.
_SMALLEST = 0.05
# A part of the image beside the largest that is taken for tissue too; digits that change are less.
_PART = 0.01
# Still tissue: its spread of luma over 5 × 5 pixels, and how far it must lie along what moves,
# as part of the image's side.
_TEXTURE = 2.0
_CONTACT = 0.1
# Holes and gaps between echoes are closed over this part of the image's side.
_GAP = 0.06
_SQUARE_3, _SQUARE_5 = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)


class SectorFinder:
    """Finds the sector of a clip from its frames, given one by one.

    In this order: the region of tissue that a DICOM file declares, narrowed to what moves in it;
    what moves and is bright; of a clip that does not move, what is bright; the whole image.

    Parameters
    ----------
    regions
        DICOM ultrasound regions of the clip.
    """

    def __init__(self, regions: Sequence[Region] = ()) -> None:
        self._regions = [region for region in regions if region.tissue]
        self._statistics = ClipStatistics()

    def add(self, rgb: NDArray[np.uint8]) -> None:
        """Look at the next frame: uint8, shape (height, width, 3)."""
        self._statistics.add(rgb)

    def find(self) -> Sector:
        """Return the sector.

        Raises
        ------
        ValueError
            If no frame was added.
        """
        statistics = self._statistics
        if not statistics.frames:
            raise ValueError("a sector is found from at least one frame")
        shape = statistics.darkest.shape
        window = self._window()
        source, outline = self._outline(window)
        if window is not None:
            source = "dicom"
            outline = _corners(window) if outline is None else outline
        elif outline is None:
            outline = _corners(np.ones(shape, np.bool_))
        inside = np.zeros(shape, np.uint8)
        cv2.fillConvexPoly(inside, outline, 1)
        boxes = find_overlays(statistics, None if source == "whole" else inside > 0)
        # corners on the far edges of a reduced picture lie beyond it, so that no pixel is lost
        far = np.array(shape[::-1])
        corners = np.where(outline == far - 1, far, outline)
        height, width = statistics.shape
        step = statistics.step
        return Sector(
            height,
            width,
            source,
            tuple(
                (min(width - 1, int(x) * step), min(height - 1, int(y) * step)) for x, y in corners
            ),
            tuple(
                Box(
                    box.left * step,
                    box.top * step,
                    min(width, box.right * step),
                    min(height, box.bottom * step),
                )
                for box in boxes
            ),
        )

    def _outline(self, window: NDArray[np.bool_] | None) -> tuple[str, NDArray[np.int32] | None]:
        """Return how the outline was found and its corners; ``"whole"`` and None if it was not."""
        statistics = self._statistics
        darkest, brightest = statistics.darkest, statistics.brightest
        allowed = ~fill_boxes(find_overlays(statistics, None), darkest.shape)
        if window is not None:
            allowed &= window
        bright = (brightest >= _BRIGHT) & allowed
        part = _large_parts(bright & (brightest.astype(np.int16) - darkest >= _MOVES))
        if part.any():
            part = _add_still_tissue(part, brightest, allowed)
        outline = _hull(part)
        if outline is not None:
            return "motion", outline
        outline = _hull(_large_parts(bright))
        return "whole" if outline is None else "brightness", outline

    def _window(self) -> NDArray[np.bool_] | None:
        """Fill the largest declared region of tissue; None if there is none inside the image."""
        step = self._statistics.step
        filled = np.zeros(self._statistics.darkest.shape, np.bool_)
        largest = max(
            self._regions,
            key=lambda region: (region.right - region.left) * (region.bottom - region.top),
            default=None,
        )
        if largest is not None:
            rows = slice(max(0, largest.top) // step, -(-max(0, largest.bottom) // step))
            columns = slice(max(0, largest.left) // step, -(-max(0, largest.right) // step))
            filled[rows, columns] = True
        return filled if filled.any() else None


def find_sector(path: Path) -> Sector:
    """Find the sector of a clip by decoding it.

    Raises
    ------
    ClipError
        If the clip cannot be read.
    """
    finder = SectorFinder(clip_regions(path))
    for frame in open_clip(path):
        finder.add(frame.rgb)
    return finder.find()


def _large_parts(shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep large connected parts; nothing if none is a twentieth of the image."""
    # a thin line, such as a frame round the picture, joins nothing
    image = cv2.morphologyEx(shown.astype(np.uint8), cv2.MORPH_OPEN, _SQUARE_3)
    side = max(3, int(_GAP * min(shown.shape)) | 1)
    kernel: NDArray[Any] = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(image, cv2.MORPH_CLOSE, kernel)
    labels = cv2.connectedComponents(closed, connectivity=4)[1]
    areas = np.bincount(labels[image > 0], minlength=1)
    areas[0] = 0
    if areas.max() < _SMALLEST * image.size:
        return np.zeros_like(shown)
    large = np.isin(labels, np.flatnonzero(areas >= _PART * image.size)) & (image > 0)
    return np.asarray(large, np.bool_)


def _add_still_tissue(
    part: NDArray[np.bool_], picture: NDArray[np.uint8], allowed: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Add what does not move but lies along moving tissue: the chest wall under a still probe.

    Bright, textured parts of `picture` belong to it that touch `part` along a tenth of the image's
    side. The even ground of a screen has no texture, and a ruler or a word touches at a point.
    """
    mean = cv2.blur(picture.astype(np.float32), (5, 5))
    squares = cv2.blur(picture.astype(np.float32) ** 2, (5, 5))
    spread = (squares - mean**2 >= _TEXTURE**2).astype(np.uint8)
    # a pixel beside tissue has some of it in its window, and is none
    textured = cv2.erode(spread, _SQUARE_5) > 0
    still = (picture >= _BRIGHT) & textured & allowed & ~part
    image = cv2.morphologyEx(still.astype(np.uint8), cv2.MORPH_OPEN, _SQUARE_3)
    labels = cv2.connectedComponents(image, connectivity=4)[1]
    near = cv2.dilate(part.astype(np.uint8), _SQUARE_5) > 0
    touching = np.bincount(labels[near & (image > 0)], minlength=int(labels.max()) + 1)
    touching[0] = 0
    return part | np.isin(labels, np.flatnonzero(touching >= _CONTACT * min(part.shape)))


def _hull(part: NDArray[np.bool_]) -> NDArray[np.int32] | None:
    """Return the corners (x, y) of the convex hull: int32, shape (corners, 2); None of nothing."""
    rows, columns = np.nonzero(part)
    if not len(rows):
        return None
    hull = cv2.convexHull(np.column_stack([columns, rows]).astype(np.int32))
    # a straight line through the hull's corners may cut off a pixel, never more
    outline: NDArray[np.int32] = cv2.approxPolyDP(hull, 1.0, closed=True)[:, 0, :]
    return outline if len(outline) >= 3 else None


def _corners(window: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the corners (x, y) of a filled rectangle."""
    rows, columns = np.nonzero(window)
    left, right, top, bottom = columns.min(), columns.max(), rows.min(), rows.max()
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int32)

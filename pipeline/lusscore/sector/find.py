"""Finding the sector of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.clips import Region, clip_regions, open_clip
from lusscore.sector.outline import add_still_tissue, find_outline, find_part, visible
from lusscore.sector.overlay import find_overlays
from lusscore.sector.sector import Box, Sector
from lusscore.sector.statistics import ClipStatistics

# Raise it whenever the same clip may get another sector.
SECTOR_VERSION = 2


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
        height, width = statistics.shape
        whole = _rectangle(0, 0, *statistics.darkest.shape[::-1])
        window = self._window()
        _, written = find_overlays(statistics, None)
        source, outline = "whole", None
        for how, moving in (("motion", True), ("brightness", False)):
            allowed = ~written if window is None else ~written & window
            shown = visible(statistics.darkest, statistics.brightest, moving=moving) & allowed
            part = find_part(shown)
            if moving and part.any():
                part = add_still_tissue(part, statistics.brightest, allowed)
            outline = find_outline(part)
            if outline is not None:
                source = how
                break
        if window is not None:
            source = "dicom"
            outline = _corners(window) if outline is None else outline
        elif outline is None:
            outline = whole
        inside = np.zeros(statistics.darkest.shape, np.uint8)
        cv2.fillConvexPoly(inside, outline, 1)
        boxes, _ = find_overlays(statistics, None if source == "whole" else inside > 0)
        step = statistics.step
        return Sector(
            height,
            width,
            source,
            tuple(
                (min(width - 1, int(x) * step), min(height - 1, int(y) * step))
                for x, y in _stretched(outline, inside.shape)
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


def _rectangle(left: int, top: int, right: int, bottom: int) -> NDArray[np.int32]:
    """Corners of a rectangle whose right and bottom are exclusive."""
    return np.array(
        [[left, top], [right - 1, top], [right - 1, bottom - 1], [left, bottom - 1]], np.int32
    )


def _corners(window: NDArray[np.bool_]) -> NDArray[np.int32]:
    rows, columns = np.nonzero(window)
    return _rectangle(
        int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
    )


def _stretched(outline: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Move corners on the far edges of a reduced picture beyond it, so that no pixel is lost."""
    far = np.array(shape[::-1])
    stretched: NDArray[np.int32] = np.where(outline == far - 1, far, outline).astype(np.int32)
    return stretched

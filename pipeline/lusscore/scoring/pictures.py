"""Frames kept as JPEG to look at, and where they and the sector lie in a network's input."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.errors import ExamError
from lusscore.features import letterbox_box
from lusscore.scoring.exam import Pictures
from lusscore.sector import Sector, sector_crop, sector_mask

LONGEST_SIDE = 512
MOST_PICTURES = 120
_QUALITY = 85


class PictureTaker:
    """Keeps pictures of a clip as its frames come by; of many `frames`, some, evenly spread."""

    def __init__(self, frames: int) -> None:
        count = min(frames, MOST_PICTURES)
        self._rows = np.unique(np.linspace(0, frames - 1, count).round().astype(np.int64))
        self._wanted = frozenset(self._rows.tolist())
        self._jpegs: list[bytes] = []
        self._seen = 0
        self._shape = (0, 0)
        self._shown = (0, 0)

    def add(self, frames: Sequence[NDArray[np.uint8]]) -> None:
        """Look at the next frames: uint8, shape (rows, columns, 3) each."""
        for frame in frames:
            if self._seen in self._wanted:
                self._keep(frame)
            self._seen += 1

    def _keep(self, frame: NDArray[np.uint8]) -> None:
        height, width = frame.shape[:2]
        factor = min(1.0, LONGEST_SIDE / max(height, width))
        self._shape = (height, width)
        self._shown = (max(1, round(height * factor)), max(1, round(width * factor)))
        if factor < 1:
            frame = np.asarray(
                cv2.resize(frame, self._shown[::-1], interpolation=cv2.INTER_AREA), np.uint8
            )
        done, coded = cv2.imencode(
            ".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        )
        if not done:
            raise ExamError(f"A frame of {width} × {height} pixels cannot be kept as JPEG.")
        self._jpegs.append(coded.tobytes())

    def take(self, sector: Sector | None, policy: str, size: tuple[int, int]) -> Pictures:
        """Return the pictures.

        `sector` is the clip's, shown under `policy`; `size` is (height, width) of the input of the
        network whose maps lie over the pictures.
        """
        known = sector is not None and sector.source != "whole"
        return Pictures(
            tuple(self._jpegs),
            self._rows[: len(self._jpegs)],
            *self._shown,
            outline_fractions(sector, policy) if sector is not None and known else (),
            letterbox_window(*self._shape, size),
        )


def letterbox_window(
    height: int, width: int, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Return (left, top, right, bottom) of a letterboxed image, as fractions of the input's sides.

    Image and input `size` are (height, width) in pixels.
    """
    left, top, wide, high = letterbox_box(height, width, size)
    rows, columns = size
    return left / columns, top / rows, (left + wide) / columns, (top + high) / rows


def inside_sector(
    sector: Sector, policy: str, size: tuple[int, int], grid: tuple[int, int]
) -> NDArray[np.float64]:
    """Return how much of each cell of a map lies in the sector: 0–1, shape `grid`.

    The network saw the sector under `policy` at an input of `size` (height, width), over which the
    map has `grid` (rows, columns).
    """
    mask = (sector_mask if policy == "none" else sector_crop)(sector)
    left, top, wide, high = letterbox_box(mask.shape[0], mask.shape[1], size)
    seen = np.zeros(size, np.float32)
    seen[top : top + high, left : left + wide] = cv2.resize(
        mask.astype(np.float32), (wide, high), interpolation=cv2.INTER_AREA
    )
    shares = cv2.resize(seen, grid[::-1], interpolation=cv2.INTER_AREA)
    return np.clip(np.asarray(shares, np.float64), 0, 1)


def outline_fractions(sector: Sector, policy: str) -> tuple[tuple[float, float], ...]:
    """Return the outline's corners as fractions of what is shown of a frame under `policy`."""
    if policy == "none":
        return tuple((x / sector.width, y / sector.height) for x, y in sector.outline)
    rows, columns = np.nonzero(sector_mask(sector))
    start = np.array([columns.min(), rows.min()])
    size = np.array([columns.max(), rows.max()]) + 1 - start
    corners = np.clip((np.array(sector.outline) + 0.5 - start) / size, 0, 1)
    return tuple((float(x), float(y)) for x, y in corners)

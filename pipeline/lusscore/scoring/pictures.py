"""Frames kept as JPEG for people to look at."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.errors import ExamError
from lusscore.scoring.scored import Pictures
from lusscore.scoring.window import letterbox_window, outline_fractions
from lusscore.sector import Sector

LONGEST_SIDE = 512
MOST_PICTURES = 120
_QUALITY = 85


class PictureTaker:
    """Keeps pictures of a clip as its frames come by.

    Parameters
    ----------
    frames
        How many are to come; of many, `MOST_PICTURES` are kept, evenly spread.
    """

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

        Parameters
        ----------
        sector
            Of the clip.
        policy
            Sector policy under which frames are shown.
        size
            (height, width) of the input of the network whose maps lie over them.
        """
        known = sector is not None and sector.source != "whole"
        return Pictures(
            tuple(self._jpegs),
            self._rows[: len(self._jpegs)],
            *self._shown,
            outline_fractions(sector, policy) if sector is not None and known else (),
            letterbox_window(*self._shape, size),
        )

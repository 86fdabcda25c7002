"""What the pixels of a clip do over time, gathered frame by frame."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# Larger frames are averaged down: characters stay legible and a full-HD frame takes 3 ms.
_PIXELS = 500_000
# All of the first frames count, then about this many each time the clip doubles in length.
_EVERY_FRAME = 32
# Luma that a frame which shows anything exceeds somewhere.
_BLACK = 16
_LATERAL: NDArray[Any] = np.array([[-1.0, 0.0, 1.0]])


class ClipStatistics:
    """Running extremes of brightness, colour and edges at every pixel.

    Frames are taken in order. Of a long clip only some are looked at, always the same ones. Black
    frames, with which some clips begin or end, are passed over once a frame that shows something
    was seen, and forgotten then.

    Arrays are of shape (rows, columns), one pixel for each `step` × `step` of the clip.
    """

    def __init__(self) -> None:
        self.frames = 0  # looked at
        self.step = 1
        self.shape = (0, 0)  # (height, width) of the clip's frames
        self._seen = 0
        self._black = False
        # extremes of luma, and the least difference between strongest and weakest channel
        self.darkest: NDArray[np.uint8] = np.empty((0, 0), np.uint8)
        self.brightest = self.colour = self.darkest
        self._rising: NDArray[np.int16] = np.empty((0, 0), np.int16)
        self._falling = self._rising

    def add(self, rgb: NDArray[np.uint8]) -> None:
        """Look at the next frame: uint8, shape (height, width, 3).

        A frame of another size than the first is passed over.
        """
        number = self._seen
        self._seen += 1
        if not _counts(number) or (self.frames and rgb.shape[:2] != self.shape):
            return
        if not self.frames:
            self.shape = (rgb.shape[0], rgb.shape[1])
            self.step = max(1, math.ceil(math.sqrt(rgb.shape[0] * rgb.shape[1] / _PIXELS)))
        image = _reduce(rgb, self.step)
        luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        black = int(luma.max()) < _BLACK
        if black and self.frames and not self._black:
            return
        if not black and self._black:
            self.frames = 0
        self._black = black
        red, green, blue = cv2.split(image)
        colour = cv2.subtract(
            cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
        )
        gradient = cv2.filter2D(luma, cv2.CV_16S, _LATERAL, borderType=cv2.BORDER_REPLICATE)
        if not self.frames:
            self.darkest, self.brightest, self.colour = luma, luma.copy(), colour
            self._rising, self._falling = gradient, -gradient
        else:
            cv2.min(self.darkest, luma, self.darkest)
            cv2.max(self.brightest, luma, self.brightest)
            cv2.min(self.colour, colour, self.colour)
            cv2.min(self._rising, gradient, self._rising)
            cv2.min(self._falling, -gradient, self._falling)
        self.frames += 1

    @property
    def rising(self) -> NDArray[np.int16]:
        """int16, shape (rows, columns), 0–255: rise of luma from left to right in every frame.

        Speckle and moving tissue rise now and fall then, and keep little of it. What a machine
        writes over the picture keeps all of it.
        """
        return np.maximum(self._rising, 0)

    @property
    def falling(self) -> NDArray[np.int16]:
        """The same for a fall from left to right."""
        return np.maximum(self._falling, 0)


def _reduce(rgb: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    if step == 1:
        return rgb
    size = (math.ceil(rgb.shape[1] / step), math.ceil(rgb.shape[0] / step))
    reduced: NDArray[np.uint8] = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return reduced


def _counts(number: int) -> bool:
    """Tell whether frame `number` is looked at."""
    return number % max(1, 1 << (number // _EVERY_FRAME).bit_length()) == 0

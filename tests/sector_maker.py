"""Makers of fan-shaped clips whose sector, text and border are known."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def fan_mask(height: int, width: int) -> NDArray[np.bool_]:
    """A convex probe's sector below a top border of a tenth: bool, (height, width)."""
    rows, columns = np.mgrid[:height, :width]
    apex = (-0.15 * height, (width - 1) / 2)
    distance = np.hypot(rows - apex[0], columns - apex[1])
    angle = np.degrees(np.arctan2(columns - apex[1], rows - apex[0]))
    return (np.abs(angle) < 32) & (distance > 0.3 * height) & (distance < 1.05 * height)


def fan_clip(
    frames: int = 8, height: int = 240, width: int = 320, *, gain: int = 110, seed: int = 0
) -> NDArray[np.uint8]:
    """Flickering smooth speckle in a fan on black: uint8, (frames, height, width, 3)."""
    rng = np.random.default_rng(seed)
    mask = fan_mask(height, width)
    video = np.zeros((frames, height, width, 3), np.uint8)
    for number in range(frames):
        speckle = cv2.GaussianBlur(rng.rayleigh(1.0, (height, width)), (9, 3), 0)
        luma = np.clip(gain * (speckle - 0.6), 0, 200) * mask
        video[number] = luma[..., None].astype(np.uint8)
    return video


def write_text(
    video: NDArray[np.uint8],
    text: str,
    x: int,
    y: int,
    *,
    scale: float = 0.6,
    colour: tuple[int, int, int] = (255, 255, 255),
) -> NDArray[np.uint8]:
    """Return a copy with `text` written over every frame, its lower left corner at (x, y)."""
    written = video.copy()
    for image in written:
        cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 2, cv2.LINE_AA)
    return written

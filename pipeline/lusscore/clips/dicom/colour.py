"""Colour samples as RGB of 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.clips.dicom.layout import PixelLayout

# ITU-R BT.601 with luminance 16–235 and chroma 16–240, as PS3.3 C.7.6.3.1.2 has it.
_PARTIAL = np.array(
    [[1.164384, 0.0, 1.596027], [1.164384, -0.391762, -0.812968], [1.164384, 2.017232, 0.0]],
    dtype=np.float32,
)


def to_rgb(samples: NDArray[Any], photometric: str, layout: PixelLayout) -> NDArray[np.uint8]:
    """Turn colour samples into RGB; more than 8 bits keep their upper eight.

    Parameters
    ----------
    samples
        Integers, shape (height, width, 3).
    photometric
        Colour model they are in.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    eight = _eight_bits(samples, layout)
    if photometric in ("YBR_FULL", "YBR_FULL_422"):
        import cv2

        swapped = np.ascontiguousarray(eight[..., [0, 2, 1]])
        return np.asarray(cv2.cvtColor(swapped, cv2.COLOR_YCrCb2RGB), dtype=np.uint8)
    if photometric.startswith("YBR_PARTIAL"):
        centred = eight.astype(np.float32) - np.array([16, 128, 128], dtype=np.float32)
        rgb = np.rint(np.clip(centred @ _PARTIAL.T, 0, 255))
        return np.asarray(rgb, dtype=np.uint8)
    return np.array(eight, dtype=np.uint8)


def _eight_bits(samples: NDArray[Any], layout: PixelLayout) -> NDArray[np.uint8]:
    if samples.dtype == np.uint8 and layout.stored == 8:
        return np.asarray(samples, dtype=np.uint8)
    wide = samples.astype(np.int64)
    if layout.signed:
        wide += 1 << layout.stored - 1
    top = (1 << layout.stored) - 1
    wide = np.clip(wide, 0, top)
    if layout.stored > 8:
        return np.asarray(wide >> layout.stored - 8, dtype=np.uint8)
    return np.asarray(np.rint(wide * (255 / top)), dtype=np.uint8)

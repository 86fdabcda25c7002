"""JPEG of 8 bits (processes 1, 2 and 4) through Pillow, in the colours that are meant."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_RGB_NAMES = [82, 71, 66]


def decode_jpeg(frame: bytes, photometric: str) -> NDArray[np.uint8]:
    """Decode a frame of 8-bit JPEG.

    A codestream that says by a JFIF or Adobe marker or by the names of its components which
    colours it holds is believed. One that does not is taken as what DICOM says: RGB, or else
    luminance and chroma, which are turned into RGB.

    Returns
    -------
    ndarray of uint8, shape (height, width) or (height, width, 3) in RGB

    Raises
    ------
    OSError, ValueError, SyntaxError
        If it cannot be decoded.
    """
    with Image.open(io.BytesIO(frame), formats=("JPEG",)) as opened:
        image: Any = opened
        if image.mode == "L":
            return np.asarray(image)
        told = "jfif" in image.info or "adobe_transform" in image.info
        named = [part[0] for part in image.layer] == _RGB_NAMES
        if photometric == "RGB" and not told and not named:
            # as if they were luminance and chroma, so that Pillow leaves them alone
            image.draft("YCbCr", image.size)
            return np.asarray(image)
        return np.asarray(image.convert("RGB"))

"""Decoded samples of a DICOM file as RGB frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.clips.dicom.colour import to_rgb
from lusscore.clips.dicom.grey import grey_display
from lusscore.clips.dicom.layout import PixelLayout
from lusscore.clips.dicom.palette import palette_display
from lusscore.clips.square_pixels import resize_frame


def display(dataset: Any, layout: PixelLayout) -> Callable[[NDArray[Any], str], NDArray[np.uint8]]:
    """Return what turns a frame's samples and their colour model into RGB with square pixels.

    Returns
    -------
    callable
        To uint8, of the size ``layout.square``.
    """
    if layout.photometric == "PALETTE COLOR":
        look_up = palette_display(dataset)
    elif layout.samples == 1:
        shades = grey_display(dataset, layout)

        def look_up(values: NDArray[Any]) -> NDArray[np.uint8]:
            return np.repeat(shades(values)[..., None], 3, axis=2)

    def show(samples: NDArray[Any], photometric: str) -> NDArray[np.uint8]:
        if layout.surplus:
            samples = samples >> layout.surplus
        rgb = look_up(samples) if layout.samples == 1 else to_rgb(samples, photometric, layout)
        return resize_frame(rgb, layout.square)

    return show

"""Greyscale as it is meant to be shown: modality LUT, then VOI LUT or window, then 8 bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.clips.dicom.layout import PixelLayout


def grey_display(dataset: Any, layout: PixelLayout) -> Callable[[NDArray[Any]], NDArray[np.uint8]]:
    """Return what turns stored values into what a screen shows.

    At most 8 bits are shown as they are, spread over 0–255 where they are fewer: that is what an
    ultrasound machine showed. More bits go through the modality LUT or rescale and the VOI LUT or
    first window of the file; where it has neither, the whole range of stored values is shown.
    MONOCHROME1 is inverted.

    Returns
    -------
    callable
        From integers of shape (height, width) to uint8 of the same shape.

    References
    ----------
    DICOM PS3.3 C.11.1 (modality LUT) and C.11.2 (VOI LUT).
    """
    low = -(1 << layout.stored - 1) if layout.signed and layout.stored > 1 else 0
    high = low + (1 << layout.stored) - 1
    inverted = layout.photometric == "MONOCHROME1"

    def show(values: NDArray[Any]) -> NDArray[np.uint8]:
        if layout.stored <= 8:
            shown = (values.astype(np.float64) - low) / (high - low)
        else:
            shown = _show_deep(values, dataset, low, high)
        eight = np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)
        return 255 - eight if inverted else eight

    if layout.stored > 16:
        return lambda values: show(np.clip(values, low, high))
    table = show(np.arange(low, high + 1, dtype=np.int32))
    return lambda values: table[np.clip(values.astype(np.int32), low, high) - low]


def _show_deep(values: NDArray[Any], dataset: Any, low: int, high: int) -> NDArray[np.float64]:
    """Return what is shown of stored values, from 0 (black) to 1 (white)."""
    from pydicom.pixels.processing import apply_modality_lut, apply_voi

    real = apply_modality_lut(values, dataset)
    if dataset.get("VOILUTSequence"):
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        return np.asarray(apply_voi(np.rint(real).astype(np.int64), dataset) / ((1 << bits) - 1))
    centre, width = (_first(dataset.get(name)) for name in ("WindowCenter", "WindowWidth"))
    if centre is not None and width is not None and width > 0:
        return _window(real, centre, width, str(dataset.get("VOILUTFunction") or "LINEAR"))
    if dataset.get("ModalityLUTSequence"):
        bits = int(dataset.ModalityLUTSequence[0].LUTDescriptor[2])
        return np.asarray(real / ((1 << bits) - 1))
    ends = np.sort(apply_modality_lut(np.array([low, high], dtype=values.dtype), dataset))
    return np.asarray((real - ends[0]) / max(float(ends[1]) - float(ends[0]), 1e-30))


def _window(
    values: NDArray[Any], centre: float, width: float, function: str
) -> NDArray[np.float64]:
    """Apply a window (PS3.3 C.11.2.1.2 and C.11.2.1.3), from 0 (black) to 1 (white)."""
    if function.strip().upper() == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -60, 60))))
    if function.strip().upper() == "LINEAR_EXACT":
        return np.asarray((values - centre) / width + 0.5)
    if width <= 1:
        return np.asarray(values > centre - 0.5, dtype=np.float64)
    return np.asarray((values - (centre - 0.5)) / (width - 1) + 0.5)


def _first(value: Any) -> float | None:
    """Return the first of one or several values; None where there is none."""
    if value is None or value == "":
        return None
    return (
        float(value[0])
        if hasattr(value, "__len__") and not isinstance(value, str)
        else float(value)
    )

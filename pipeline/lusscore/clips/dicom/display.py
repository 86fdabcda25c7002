"""Decoded samples of a DICOM file as RGB frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.clips.dicom.header import decimals
from lusscore.clips.dicom.pixels import PixelLayout
from lusscore.clips.upright import resize_frame

# ITU-R BT.601 with luminance 16–235 and chroma 16–240, as PS3.3 C.7.6.3.1.2 has it.
_PARTIAL = np.array(
    [[1.164384, 0.0, 1.596027], [1.164384, -0.391762, -0.812968], [1.164384, 2.017232, 0.0]],
    dtype=np.float32,
)


def display(dataset: Any, layout: PixelLayout) -> Callable[[NDArray[Any], str], NDArray[np.uint8]]:
    """Return what turns a frame's samples and their colour model into RGB with square pixels."""
    if layout.photometric == "PALETTE COLOR":
        look_up = _palette_display(dataset)
    elif layout.samples == 1:
        shades = _grey_display(dataset, layout)

        def look_up(values: NDArray[Any]) -> NDArray[np.uint8]:
            return np.repeat(shades(values)[..., None], 3, axis=2)

    # bits below those that count, which hold something else
    surplus = layout.high + 1 - layout.stored

    def show(samples: NDArray[Any], photometric: str) -> NDArray[np.uint8]:
        if surplus:
            samples = samples >> surplus
        rgb = look_up(samples) if layout.samples == 1 else _to_rgb(samples, photometric, layout)
        return resize_frame(rgb, layout.square)

    return show


def _palette_display(dataset: Any) -> Callable[[NDArray[Any]], NDArray[np.uint8]]:
    """Return what looks up stored values in a file's palette, plain or segmented.

    Entries of 16 bits keep their upper eight, unless all of them fit into the lower eight, as
    some machines write them. Values outside the palette take its nearest end.
    """
    from pydicom.pixels.processing import apply_color_lut

    entries, first, _ = (int(value) for value in dataset.RedPaletteColorLookupTableDescriptor)
    last = first + (entries or 1 << 16) - 1
    table = apply_color_lut(np.arange(first, last + 1), dataset)[:, :3]
    colours = (table >> 8 if table.max(initial=0) > 255 else table).astype(np.uint8)

    def look_up(values: NDArray[Any]) -> NDArray[np.uint8]:
        return colours[np.clip(values.astype(np.int64), first, last) - first]

    return look_up


def _to_rgb(samples: NDArray[Any], photometric: str, layout: PixelLayout) -> NDArray[np.uint8]:
    """Turn colour samples into RGB; more than 8 bits keep their upper eight."""
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


def _grey_display(dataset: Any, layout: PixelLayout) -> Callable[[NDArray[Any]], NDArray[np.uint8]]:
    """Return what turns stored values into what a screen shows.

    At most 8 bits are shown as they are, spread over 0–255 where they are fewer: that is what an
    ultrasound machine showed. More bits go through the modality LUT or rescale (DICOM PS3.3
    C.11.1) and the VOI LUT or first window (C.11.2) of the file; where it has neither, the whole
    range of stored values is shown. MONOCHROME1 is inverted.
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
    centre, width = (decimals(dataset, name)[:1] for name in ("WindowCenter", "WindowWidth"))
    if centre and width and width[0] > 0:
        return _window(real, centre[0], width[0], str(dataset.get("VOILUTFunction") or "LINEAR"))
    if dataset.get("ModalityLUTSequence"):
        bits = int(dataset.ModalityLUTSequence[0].LUTDescriptor[2])
        return np.asarray(real / ((1 << bits) - 1))
    ends = np.sort(apply_modality_lut(np.array([low, high], dtype=values.dtype), dataset))
    return np.asarray((real - ends[0]) / max(float(ends[1]) - float(ends[0]), 1e-30))


def _window(
    values: NDArray[Any], centre: float, width: float, function: str
) -> NDArray[np.float64]:
    """Apply a window (PS3.3 C.11.2.1.2 and C.11.2.1.3), from 0 (black) to 1 (white).

    pydicom's own ``apply_windowing`` refuses a linear window of a width below 1.
    """
    if function.strip().upper() == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -60, 60))))
    if function.strip().upper() == "LINEAR_EXACT":
        return np.asarray((values - centre) / width + 0.5)
    if width <= 1:
        return np.asarray(values > centre - 0.5, dtype=np.float64)
    return np.asarray((values - (centre - 0.5)) / (width - 1) + 0.5)

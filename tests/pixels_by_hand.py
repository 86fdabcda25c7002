"""Pixels worked out by hand from a file's bytes: what the reader is held against.

Nothing of lusscore's own and none of pydicom's pixel decoders is used; pydicom gives the values of
header elements and the bytes of the pixel element.
"""

from __future__ import annotations

import math

import numpy as np
import pydicom

BIG_ENDIAN = "1.2.840.10008.1.2.2"


def stored_by_hand(dataset: pydicom.Dataset) -> np.ndarray:
    """Return uncompressed samples: (frames, rows, columns) or (frames, rows, columns, 3)."""
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    rows, columns = dataset.Rows, dataset.Columns
    samples, bits = dataset.SamplesPerPixel, dataset.BitsAllocated
    count = frames * rows * columns * samples
    big = dataset.file_meta.get("TransferSyntaxUID") == BIG_ENDIAN
    data = dataset.PixelData
    if big and bits == 8 and dataset["PixelData"].VR == "OW":
        data = np.frombuffer(data, np.uint16).byteswap().tobytes()
    if bits == 1:
        values = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[:count]
    else:
        kind = "i" if dataset.PixelRepresentation else "u"
        order = ">" if big else "<"
        values = np.frombuffer(data, f"{order}{kind}{bits // 8}", count).astype(np.int64)
    if samples == 1:
        return values.reshape(frames, rows, columns)
    if dataset.PlanarConfiguration == 0:
        return values.reshape(frames, rows, columns, samples)
    return np.moveaxis(values.reshape(frames, samples, rows, columns), 1, -1)


def shown_by_hand(dataset: pydicom.Dataset, stored: np.ndarray) -> np.ndarray:
    """Return what a screen shows of greyscale samples, as floats from 0 to 255."""
    bits = dataset.BitsStored
    low = -(2 ** (bits - 1)) if dataset.PixelRepresentation else 0
    high = low + 2**bits - 1
    if bits <= 8:
        shown = (stored - low) / (high - low) * 255
    else:
        slope = float(dataset.get("RescaleSlope") or 1)
        intercept = float(dataset.get("RescaleIntercept") or 0)
        centre, width = dataset.get("WindowCenter"), dataset.get("WindowWidth")
        if centre is None or centre == "":
            shown = (stored - low) / (high - low) * 255
        else:
            if not isinstance(centre, (float, int)):
                centre, width = centre[0], width[0]
            # linear between the two ends that PS3.3 C.11.2.1.2 gives
            left = centre - 0.5 - (width - 1) / 2
            right = centre - 0.5 + (width - 1) / 2
            real = stored * slope + intercept
            shown = np.interp(real, [left, right], [0, 255])
    shown = np.clip(shown, 0, 255)
    return 255 - shown if dataset.PhotometricInterpretation == "MONOCHROME1" else shown


def rgb_by_hand(ybr: np.ndarray) -> np.ndarray:
    """Turn full-range luminance and chroma into RGB by the formula of PS3.3 C.7.6.3.1.2."""
    y, b, r = (ybr[..., part].astype(np.float64) for part in range(3))
    red = y + 1.402 * (r - 128)
    green = y - 0.344136 * (b - 128) - 0.714136 * (r - 128)
    blue = y + 1.772 * (b - 128)
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255)


def assert_shows(rgb: np.ndarray, expected: np.ndarray, within: float = 0.5001) -> None:
    """Assert that uint8 RGB frames are what is expected, up to rounding or a tolerance."""
    if expected.ndim == rgb.ndim - 1:
        expected = np.repeat(expected[..., None], 3, axis=-1)
    assert rgb.shape == expected.shape
    worst = float(np.abs(rgb.astype(np.float64) - expected).max())
    assert worst <= within or math.isclose(worst, within), f"off by {worst}"

"""Many pictures, and maps, as one binary answer each."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from lusscore.scoring import ClipPrediction


def pack_pictures(jpegs: Sequence[bytes]) -> bytes:
    """Join JPEGs: their count, the size of each, then all, numbers as little-endian uint32."""
    sizes = [len(jpeg) for jpeg in jpegs]
    return struct.pack(f"<{len(sizes) + 1}I", len(sizes), *sizes) + b"".join(jpegs)


def pack_maps(reading: ClipPrediction) -> bytes:
    """Return the maps of the frames that have pictures.

    Little-endian float32, shape (pictures, rows, columns, 4).
    """
    maps = reading.evidence.maps[reading.pictures.rows]
    return np.ascontiguousarray(maps, dtype="<f4").tobytes()

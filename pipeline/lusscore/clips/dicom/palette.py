"""Palette colours (PS3.3 C.7.6.3.1.5 and C.7.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def palette_display(dataset: Any) -> Callable[[NDArray[Any]], NDArray[np.uint8]]:
    """Return what looks up stored values in a file's palette.

    Entries of 16 bits keep their upper eight, unless all of them fit into the lower eight, as
    some machines write them. Values outside the palette take its nearest end.

    Parameters
    ----------
    dataset
        A dataset with a palette, plain or segmented.

    Returns
    -------
    callable
        From integers of shape (height, width) to uint8 of shape (height, width, 3).
    """
    from pydicom.pixels.processing import apply_color_lut

    entries, first, _ = (int(value) for value in dataset.RedPaletteColorLookupTableDescriptor)
    last = first + (entries or 1 << 16) - 1
    table = apply_color_lut(np.arange(first, last + 1), dataset)[:, :3]
    colours = (table >> 8 if table.max(initial=0) > 255 else table).astype(np.uint8)

    def look_up(values: NDArray[Any]) -> NDArray[np.uint8]:
        places = np.clip(values.astype(np.int64), first, last) - first
        return colours[places]

    return look_up

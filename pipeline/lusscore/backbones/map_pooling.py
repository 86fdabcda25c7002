"""Pooling feature maps that are there as arrays, as the levels of a network do inside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import BANDS

Map = NDArray[np.floating[Any]]


def band_rows(pooling: str, rows: int) -> slice:
    """Return the rows of a map that a pooling sees: a third for a band, else all.

    Where the rows do not divide evenly, the edges are rounded as
    :func:`lusscore.backbones.levels.pool_level` does.

    Raises
    ------
    ValueError
        If the map has too few rows for bands.
    """
    if pooling not in BANDS:
        return slice(0, rows)
    if rows < len(BANDS):
        raise ValueError(f"a map of {rows} rows has no band {pooling!r}")
    band = BANDS.index(pooling)
    return slice(round(band * rows / len(BANDS)), round((band + 1) * rows / len(BANDS)))


def pool_map(feature_map: Map, pooling: str) -> NDArray[np.float64]:
    """Pool maps of shape (n, rows, columns, channels) to (n, channels), in float64.

    Parameters
    ----------
    feature_map
        Of any floating type.
    pooling
        One of :data:`lusscore.cohort.extraction.POOLINGS`.

    Raises
    ------
    ValueError
        If the map has too few rows for bands.
    """
    seen = feature_map[:, band_rows(pooling, feature_map.shape[1])].astype(np.float64)
    if pooling == "max":
        return np.asarray(seen.max(axis=(1, 2)))
    return np.asarray(seen.std(axis=(1, 2)) if pooling == "std" else seen.mean(axis=(1, 2)))

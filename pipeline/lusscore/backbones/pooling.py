"""Pooling feature maps, and spreading what a linear function makes of them over their places."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones.spec import Layer
from lusscore.cohort import BANDS

Map = NDArray[np.floating[Any]]


def band_rows(pooling: str, rows: int) -> slice:
    """Return the rows of a map that a pooling sees: a third for a band, else all.

    ValueError if the map has too few rows for bands.
    """
    if pooling not in BANDS:
        return slice(0, rows)
    if rows < len(BANDS):
        raise ValueError(f"a map of {rows} rows has no band {pooling!r}")
    band = BANDS.index(pooling)
    return slice(round(band * rows / len(BANDS)), round((band + 1) * rows / len(BANDS)))


def pool_map(feature_map: Map, pooling: str) -> NDArray[np.float64]:
    """Pool maps of shape (n, rows, columns, channels) to (n, channels), in float64.

    `pooling` is one of :data:`lusscore.cohort.POOLINGS`; ValueError as in :func:`band_rows`.
    """
    seen = feature_map[:, band_rows(pooling, feature_map.shape[1])].astype(np.float64)
    if pooling == "max":
        return np.asarray(seen.max(axis=(1, 2)))
    return np.asarray(seen.std(axis=(1, 2)) if pooling == "std" else seen.mean(axis=(1, 2)))


def attribute(
    layer: Layer, feature_map: Map, weights: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """Spread ``pooled @ weights`` over the places of the map, so that none of it is lost.

    A class activation map (Zhou et al. 2016) for each pooling: the mean over rows and columns
    is what the weights make of the pooled features, exactly up to rounding.

    ======== =====================================================================
    mean     every place gives its features times the weights
    band     the same inside the band, times rows of the map / rows of the band; 0 outside
    max      a channel's largest value counts where it stands, ties in equal shares
    std      a channel's squared difference from its mean, over its standard deviation
    ======== =====================================================================

    Parameters
    ----------
    layer
        What the weights belong to; only its pooling is used.
    feature_map
        Shape (n, rows, columns, channels).
    weights
        Shape (channels, k): how much each pooled channel adds to each of k values.

    Returns
    -------
    ndarray of float64, shape (n, rows, columns, k)

    Raises
    ------
    ValueError
        If map and weights differ in channels, or the map has too few rows for bands.
    """
    if feature_map.ndim != 4 or weights.ndim != 2 or feature_map.shape[-1] != len(weights):
        raise ValueError(
            f"a map of shape {feature_map.shape} and weights of shape {weights.shape} do not go "
            "together; expected (n, rows, columns, channels) and (channels, k)"
        )
    shares = _shares(feature_map.astype(np.float64), layer.pooling)
    attributed: NDArray[np.float64] = shares @ weights.astype(np.float64)
    return attributed


def _shares(values: NDArray[np.float64], pooling: str) -> NDArray[np.float64]:
    """Return what each place adds to each pooled channel, times the number of places."""
    rows, columns = values.shape[1:3]
    if pooling == "max":
        largest = values == values.max(axis=(1, 2), keepdims=True)
        count = largest.sum(axis=(1, 2), keepdims=True)
        return np.asarray(np.where(largest, values, 0.0) * (rows * columns / count))
    if pooling == "std":
        deviation = values.std(axis=(1, 2), keepdims=True)
        squares = (values - values.mean(axis=(1, 2), keepdims=True)) ** 2
        # a map that is the same everywhere has no deviation to spread
        return np.asarray(squares / np.where(deviation > 0, deviation, np.inf))
    band = band_rows(pooling, rows)
    shares = np.zeros_like(values)
    shares[:, band] = values[:, band] * (rows / (band.stop - band.start))
    return shares

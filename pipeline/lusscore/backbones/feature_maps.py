"""The feature maps inside a Keras network, by how many times smaller than its input they are."""

from __future__ import annotations

import math
from typing import Any

from lusscore.backbones.registry import Network
from lusscore.cohort import STRIDES

# they change a map's size and nothing of what it shows
_RESIZING = ("ZeroPadding2D", "Cropping2D")


def last_maps(network: Network) -> dict[int, Any]:
    """Find the last feature map at each stride, in the order in which the network computes.

    The stride is the power of two next to what a map's sides are smaller than the input's, since
    networks without padding lose some pixels at the edges. Maps inside a network that is used
    as a layer are not seen.

    Parameters
    ----------
    network
        A ``keras.Model``, functional or sequential, of one image with channels last.

    Returns
    -------
    dict of int to keras.KerasTensor
        (n, rows, columns, channels) by stride; only strides that levels may have.
    """
    height, width = network.input_shape[1:3]
    found: dict[int, Any] = {}
    # a Sequential has layers alone
    for operation in getattr(network, "operations", network.layers):
        if hasattr(operation, "operations") or type(operation).__name__ in _RESIZING:
            continue
        shape = getattr(operation.output, "shape", ())
        if len(shape) != 4 or None in shape[1:]:
            continue
        strides = {
            2 ** round(math.log2(side / here))
            for side, here in zip((height, width), shape[1:3], strict=True)
        }
        if len(strides) == 1 and strides <= set(STRIDES):
            found[strides.pop()] = operation.output
    return found

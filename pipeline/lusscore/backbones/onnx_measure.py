"""What a network read from an ONNX file costs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

# graphs may hold a few small arrays more than the file: shapes, axes, copies
_SLACK = 1.5
_SLACK_BYTES = 1 << 16


def count_parameters(graph: Any) -> int:
    """Count the floating-point numbers in a network's arrays of weights.

    Parameters
    ----------
    graph
        An ``openvino.Model``.
    """
    return sum(
        math.prod(node.output(0).shape)
        for node in graph.get_ops()
        if node.get_type_name() == "Constant"
        and node.output(0).shape
        and node.output(0).element_type.is_real()
    )


def count_flops(graph: Any) -> int | None:
    """Count multiplications and additions of convolutions and matrix products.

    Parameters
    ----------
    graph
        An ``openvino.Model``, reshaped to one image.

    Returns
    -------
    int or None
        None when a shape is known only when the network runs.
    """
    total = 0
    for node in graph.get_ops():
        kind = node.get_type_name()
        if kind not in ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "MatMul"):
            continue
        left, right = node.input(0).get_partial_shape(), node.input(1).get_partial_shape()
        result = node.output(0).get_partial_shape()
        if left.is_dynamic or right.is_dynamic or result.is_dynamic:
            return None
        if kind == "MatMul":
            inner = left.to_shape()[-2 if node.get_attributes()["transpose_a"] else -1]
            total += 2 * math.prod(result.to_shape()) * inner
        else:
            # a transposed convolution uses its kernel once for each place of its input
            places = left if kind == "ConvolutionBackpropData" else result
            total += 2 * math.prod(places.to_shape()[2:]) * math.prod(right.to_shape())
    return total


def weights_are_elsewhere(graph: Any, path: Path) -> bool:
    """Tell whether a network holds more than its file can, so that another file was read."""
    held = sum(
        node.get_byte_size() for node in graph.get_ops() if node.get_type_name() == "Constant"
    )
    return bool(held > _SLACK * path.stat().st_size + _SLACK_BYTES)

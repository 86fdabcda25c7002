"""A real but tiny backbone: an ONNX file that embeds a frame in milliseconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def write_tiny_backbone(
    path: Path, *, size: int = 24, channels: int = 8, seed: int = 0, gain: float = 1.0
) -> Path:
    """Write a strided convolution with ReLU as ONNX: (n, 3, size, size) → (n, channels, …)."""
    rng = np.random.default_rng(seed)
    weights = (gain * rng.normal(0, 0.3, (channels, 3, 5, 5))).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["features"], strides=[4, 4]),
        helper.make_node("Relu", ["features"], ["map"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, size, size])],
        [helper.make_tensor_value_info("map", TensorProto.FLOAT, ["n", channels, None, None])],
        [numpy_helper.from_array(weights, "kernel")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(path))
    return path

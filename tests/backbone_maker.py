"""A real but tiny backbone: an ONNX file that embeds a frame in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Shapes = dict[str, Sequence[int | str | None] | None]


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
    outputs: Shapes = {"map": ["n", channels, None, None]}
    return write_onnx(path, nodes, {"image": ["n", 3, size, size]}, outputs, {"kernel": weights})


def write_onnx(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: Shapes,
    outputs: Shapes,
    weights: Mapping[str, NDArray[np.float32]],
    **more: Any,
) -> Path:
    """Write a graph of float32 tensors, given by name and shape; `more` is for `onnx.save`."""
    given, made = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in each]
        for each in (inputs.items(), outputs.items())
    )
    kept = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "tiny", given, made, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(path), **more)
    return path

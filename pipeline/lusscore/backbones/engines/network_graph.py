"""The network of a backbone as an OpenVINO graph, whatever it comes from."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from lusscore.backbones.engines.graph_cache import cached_graph, entry_name
from lusscore.backbones.engines.keras_graph import keras_graph
from lusscore.backbones.onnx_graph import onnx_graph
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights


def network_graph(core: Any, spec: BackboneSpec, weights: Weights, cache: Path | None) -> Any:
    """Read an ONNX file, or get a Keras network from the cache or from Keras itself.

    Parameters
    ----------
    core
        An ``openvino.Core`` that does not map files into memory.
    spec, weights, cache
        See :func:`lusscore.backbones.open_engine`.

    Returns
    -------
    openvino.Model
        One input (uint8 RGB frames, NHWC) and one output (float32, ``spec.width`` for each). Its
        batch size is open, unless it comes of an ONNX file that fixes it.

    Raises
    ------
    BackboneError, WeightsError, EngineError
        If the network cannot be built or the weights do not fit it.
    """
    if spec.family == "onnx":
        return onnx_graph(core, spec)
    build = partial(keras_graph, core, spec, weights)
    return build() if cache is None else cached_graph(core, cache, entry_name(spec, weights), build)

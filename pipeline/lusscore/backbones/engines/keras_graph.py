"""From a Keras model to an OpenVINO graph, through a SavedModel."""

from __future__ import annotations

import tempfile
from typing import Any

from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.model import build_model
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights
from lusscore.errors import EngineError


def keras_graph(core: Any, spec: BackboneSpec, weights: Weights) -> Any:
    """Build the network of `spec` in Keras and read it into OpenVINO.

    Parameters
    ----------
    core
        An ``openvino.Core`` that does not map files into memory.
    spec, weights
        A registered backbone and its weights.

    Returns
    -------
    openvino.Model
        One input (uint8 frames) and one output (float32 embeddings), of any batch size.

    Raises
    ------
    EngineError
        If Keras runs on another backend than TensorFlow, which alone writes SavedModels.
    """
    backend = import_keras().backend.backend()
    if backend != "tensorflow":
        raise EngineError(
            f"The openvino engine gets its networks from Keras on TensorFlow, but Keras runs on "
            f"{backend}; unset KERAS_BACKEND or use the engine keras."
        )
    model = build_model(spec, weights)
    with tempfile.TemporaryDirectory(prefix="lusscore-", ignore_cleanup_errors=True) as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        return core.read_model(folder)

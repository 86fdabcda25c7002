"""Backbones: frozen networks, their weights and the engines that run them."""

from lusscore.backbones.engine import (
    DEFAULT_PRECISION,
    PRECISIONS,
    Engine,
    EngineChoice,
    Result,
    check_precision,
    measure_sgemm,
    register_engine,
)
from lusscore.backbones.graphs import graph_bytes
from lusscore.backbones.keras_network import build_model
from lusscore.backbones.libraries import import_keras
from lusscore.backbones.openvino_network import OpenVINONetwork, open_stored_network
from lusscore.backbones.pooling import attribute
from lusscore.backbones.preprocessing import (
    Preprocessing,
    get_preprocessing,
    preprocessing_names,
    register_preprocessing,
)
from lusscore.backbones.registry import (
    MAIN_BACKBONES,
    Network,
    backbone_names,
    builder_of,
    get_backbone,
    plugin_of,
    register_backbone,
    registered_backbones,
)
from lusscore.backbones.spec import BackboneSpec, Layer, pooled_layers, with_levels
from lusscore.backbones.weights import (
    DEFAULT_BACKBONE,
    Weights,
    load_weights,
    locate_weights,
    weights_at,
    weights_file_name,
)

__all__ = [
    "DEFAULT_BACKBONE",
    "DEFAULT_PRECISION",
    "MAIN_BACKBONES",
    "PRECISIONS",
    "BackboneSpec",
    "Engine",
    "EngineChoice",
    "Layer",
    "Network",
    "OpenVINONetwork",
    "Preprocessing",
    "Result",
    "Weights",
    "attribute",
    "backbone_names",
    "build_model",
    "builder_of",
    "check_precision",
    "get_backbone",
    "get_preprocessing",
    "graph_bytes",
    "import_keras",
    "load_weights",
    "locate_weights",
    "measure_sgemm",
    "open_stored_network",
    "plugin_of",
    "pooled_layers",
    "preprocessing_names",
    "register_backbone",
    "register_engine",
    "register_preprocessing",
    "registered_backbones",
    "weights_at",
    "weights_file_name",
    "with_levels",
]

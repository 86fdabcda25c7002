"""Backbones: frozen networks, their weights and the engines that run them."""

from lusscore.backbones.attribution import attribute
from lusscore.backbones.catalogue import MAIN_BACKBONES, backbone_names, get_backbone
from lusscore.backbones.engines import (
    Engine,
    OpenVINONetwork,
    Result,
    engine_names,
    open_engine,
    open_stored_network,
    register_engine,
)
from lusscore.backbones.engines.choice import EngineChoice
from lusscore.backbones.engines.graph_bytes import graph_bytes
from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.levels import with_levels
from lusscore.backbones.matrix_product import measure_sgemm
from lusscore.backbones.model import build_model
from lusscore.backbones.pooled_parts import Part, pooled_parts
from lusscore.backbones.precision import DEFAULT_PRECISION, PRECISIONS, check_precision
from lusscore.backbones.preprocessing import (
    Preprocessing,
    get_preprocessing,
    preprocessing_names,
    register_preprocessing,
)
from lusscore.backbones.registry import (
    Network,
    builder_of,
    plugin_of,
    register_backbone,
    registered_backbones,
)
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import (
    DEFAULT_BACKBONE,
    WEIGHTS_VARIABLE,
    Weights,
    find_weights,
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
    "WEIGHTS_VARIABLE",
    "BackboneSpec",
    "Engine",
    "EngineChoice",
    "Network",
    "OpenVINONetwork",
    "Part",
    "Preprocessing",
    "Result",
    "Weights",
    "attribute",
    "backbone_names",
    "build_model",
    "builder_of",
    "check_precision",
    "engine_names",
    "find_weights",
    "get_backbone",
    "get_preprocessing",
    "graph_bytes",
    "import_keras",
    "load_weights",
    "locate_weights",
    "measure_sgemm",
    "open_engine",
    "open_stored_network",
    "plugin_of",
    "pooled_parts",
    "preprocessing_names",
    "register_backbone",
    "register_engine",
    "register_preprocessing",
    "registered_backbones",
    "weights_at",
    "weights_file_name",
    "with_levels",
]

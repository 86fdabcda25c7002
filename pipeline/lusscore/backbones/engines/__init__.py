"""Engines: what executes a backbone. The order of the imports is the order of preference."""

# isort: off
from lusscore.backbones.engines.engine import Engine, Result
from lusscore.backbones.engines.openvino_network import OpenVINONetwork, open_stored_network
from lusscore.backbones.engines import keras_engine as _keras_engine  # noqa: F401
from lusscore.backbones.engines.registry import (
    engine_names,
    open_engine,
    register_engine,
)
# isort: on

__all__ = [
    "Engine",
    "OpenVINONetwork",
    "Result",
    "engine_names",
    "open_engine",
    "open_stored_network",
    "register_engine",
]

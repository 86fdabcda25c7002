"""The openvino engine: fast on CPUs, and at home on Intel's graphics processors."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from lusscore.backbones.engines.engine import Embeddings, Engine, Images, embed_in_batches
from lusscore.backbones.engines.graph_cache import cached_graph, entry_name
from lusscore.backbones.engines.keras_graph import keras_graph
from lusscore.backbones.engines.registry import register_engine
from lusscore.backbones.onnx_graph import onnx_graph
from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights
from lusscore.errors import EngineError

DEFAULT_DEVICE = "CPU"


class OpenVINOEngine:
    """A compiled OpenVINO network; see :class:`Engine`."""

    name = "openvino"

    def __init__(self, spec: BackboneSpec, compiled: Any) -> None:
        self.versions = {"openvino": version("openvino")}
        self._spec = spec
        self._compiled = compiled
        batch = compiled.inputs[0].partial_shape[0]
        self._sizes = (batch.get_length(),) if batch.is_static else None

    def embed(self, images: Images) -> Embeddings:
        """See :meth:`Engine.embed`."""
        return embed_in_batches(self._spec, images, self._compute, sizes=self._sizes)

    def _compute(self, images: Images) -> Embeddings:
        result: Embeddings = self._compiled([images])[0]
        return result.reshape(len(images), self._spec.embedding_size).astype(np.float32, copy=False)

    def close(self) -> None:
        """See :meth:`Engine.close`."""
        self._compiled = None

    def __enter__(self) -> OpenVINOEngine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@register_engine("openvino")
def open_openvino_engine(
    spec: BackboneSpec,
    weights: Weights,
    *,
    device: str | None,
    threads: int | None,
    cache: Path | None,
) -> Engine:
    """Get the network as an OpenVINO graph and compile it; see :func:`open_engine`."""
    core = import_openvino().Core()
    # files that are mapped into memory cannot be replaced or removed on Windows
    core.set_property({"ENABLE_MMAP": False})
    device = _checked_device(core, device)
    if spec.family == "onnx":
        graph = onnx_graph(core, spec)
    elif cache is None:
        graph = keras_graph(core, spec, weights)
    else:
        build = partial(keras_graph, core, spec, weights)
        graph = cached_graph(core, cache, entry_name(spec, weights), build)
    return OpenVINOEngine(spec, core.compile_model(graph, device, _settings(device, threads)))


def _checked_device(core: Any, device: str | None) -> str:
    """Return OpenVINO's name of the device, or tell which there are."""
    wanted = (device or DEFAULT_DEVICE).upper()
    available = core.available_devices
    if wanted not in available and not any(name.startswith(f"{wanted}.") for name in available):
        raise EngineError(
            f"The openvino engine has no device {device!r}; available are {', '.join(available)}."
        )
    return wanted


def _settings(device: str, threads: int | None) -> dict[str, object]:
    """Return the settings under which a network is compiled."""
    settings: dict[str, object] = {
        # newer CPUs and graphics processors would round to 16 bits by themselves
        "INFERENCE_PRECISION_HINT": "f32",
        # with calls that wait for their result, the hint THROUGHPUT is half as fast
        "PERFORMANCE_HINT": "LATENCY",
    }
    if device == "CPU":
        # threads that are tied to a core cannot leave one that another program keeps busy
        settings["ENABLE_CPU_PINNING"] = False
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = threads
    return settings

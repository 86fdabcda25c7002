"""The openvino engine: fast on CPUs, and at home on Intel's graphics processors."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from lusscore.backbones.engines.compile_settings import compile_settings
from lusscore.backbones.engines.engine import (
    Embeddings,
    Engine,
    Images,
    Result,
    check_images,
    embed_in_batches,
)
from lusscore.backbones.engines.image_streams import ImageStreams
from lusscore.backbones.engines.network_graph import network_graph
from lusscore.backbones.engines.registry import register_engine
from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.backbones.precision import DEFAULT_PRECISION
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights
from lusscore.errors import EngineError

DEFAULT_DEVICE = "CPU"
# OpenVINO's name of what a device must be able to do
_CAPABILITIES = {"bf16": "BF16", "f16": "FP16"}


class OpenVINOEngine:
    """A compiled OpenVINO network; see :class:`Engine`.

    On a CPU every image goes through by itself, as many at a time as there are threads. Other
    devices, and networks made for a fixed number of images, get batches.
    """

    name = "openvino"

    def __init__(self, spec: BackboneSpec, compiled: Any, device: str) -> None:
        self.versions = {"openvino": version("openvino")}
        self._spec = spec
        self._compiled = compiled
        batch = compiled.inputs[0].partial_shape[0]
        self._sizes = (batch.get_length(),) if batch.is_static else None
        self._streams: ImageStreams | None = None
        if device == "CPU" and self._sizes == (1,):
            streams = int(compiled.get_property("NUM_STREAMS"))
            self._streams = ImageStreams(compiled, streams, spec.width)

    def embed(self, images: Images) -> Embeddings:
        """See :meth:`Engine.embed`."""
        return self.submit(images)()

    def submit(self, images: Images) -> Result:
        """See :meth:`Engine.submit`."""
        if self._streams is None:
            embeddings = embed_in_batches(self._spec, images, self._compute, sizes=self._sizes)
            return lambda: embeddings
        check_images(self._spec, images)
        return self._streams.submit(images)

    def _compute(self, images: Images) -> Embeddings:
        result: Embeddings = self._compiled([images])[0]
        return result.reshape(len(images), self._spec.width).astype(np.float32, copy=False)

    def close(self) -> None:
        """See :meth:`Engine.close`."""
        self._compiled = self._streams = None

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
    precision: str,
) -> Engine:
    """Get the network as an OpenVINO graph and compile it; see :func:`open_engine`."""
    core = import_openvino().Core()
    # files that are mapped into memory cannot be replaced or removed on Windows
    core.set_property({"ENABLE_MMAP": False})
    device = _checked_device(core, device)
    _check_arithmetic(core, device, precision)
    graph = network_graph(core, spec, weights, cache)
    if device == "CPU":
        _take_one_image(graph)
    settings = compile_settings(core, device, threads, precision)
    return OpenVINOEngine(spec, core.compile_model(graph, device, settings), device)


def _checked_device(core: Any, device: str | None) -> str:
    """Return OpenVINO's name of the device, or tell which there are."""
    wanted = (device or DEFAULT_DEVICE).upper()
    available = core.available_devices
    if wanted not in available and not any(name.startswith(f"{wanted}.") for name in available):
        raise EngineError(
            f"The openvino engine has no device {device!r}; available are {', '.join(available)}."
        )
    return wanted


def _check_arithmetic(core: Any, device: str, precision: str) -> None:
    """Refuse a precision that the device would only claim to compute in."""
    if precision == DEFAULT_PRECISION:
        return
    able = core.get_property(device, "OPTIMIZATION_CAPABILITIES")
    if _CAPABILITIES[precision] not in able:
        raise EngineError(
            f"The openvino engine's device {device} does not compute in {precision}; it has "
            f"{', '.join(sorted(able))}. Leave --precision out."
        )


def _take_one_image(graph: Any) -> None:
    """Fix an open batch size at 1."""
    shape = graph.input(0).partial_shape
    if shape[0].is_dynamic:
        shape[0] = 1
        graph.reshape(shape)

"""Networks run by OpenVINO: embeddings, levels, and the maps that they are pooled from.

Stage one, ``lusscore score`` and the page use the same :class:`OpenVINONetwork`: from a backbone
and its weights as an engine, or from the bytes of a bundle.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from joblib import cpu_count
from numpy.typing import NDArray

from lusscore.backbones.engine import (
    DEFAULT_PRECISION,
    Embeddings,
    Engine,
    EngineChoice,
    Images,
    Result,
    check_images,
    embed_in_batches,
    register_engine,
)
from lusscore.backbones.graphs import network_graph
from lusscore.backbones.libraries import import_openvino, new_core
from lusscore.backbones.pooling import pool_map
from lusscore.backbones.spec import BackboneSpec, Layer, pooled_layers
from lusscore.backbones.stored_network import find_maps, read_network
from lusscore.backbones.weights import Weights
from lusscore.cohort import BANDS
from lusscore.errors import EngineError

DEFAULT_DEVICE = "CPU"
Maps = Mapping[str, NDArray[np.float32]]
# OpenVINO's name of what a device must be able to do
_CAPABILITIES = {"bf16": "BF16", "f16": "FP16"}
# a map is given when its pooling differs from the output by less, relative to the largest
_TOLERANCE = 1e-4


class _Running(NamedTuple):
    """An image that is being computed, and the arrays and the row where its outputs go."""

    request: Any
    outputs: list[NDArray[np.float32]]
    row: int


class OpenVINONetwork:
    """A compiled network, ready to turn frames into embeddings; an :class:`Engine`.

    On a CPU every image goes through by itself, as many at a time as there are threads: its
    embedding depends on nothing but the image, and a stream that other work disturbs delays no
    other. Other devices, and networks made for a fixed number of images, get batches.

    Parameters
    ----------
    spec
        The backbone, with the levels that the network gives.
    graph
        An ``openvino.Model`` of one output, shape (n, ``spec.width``).
    core
        The ``openvino.Core`` that read it.
    device, threads, precision
        See :class:`lusscore.backbones.EngineChoice`.
    maps
        Whether to give the maps, too, for which the network must take one image on a CPU.

    Attributes
    ----------
    map_shapes
        (rows, columns, channels) by name of the map: ``"embedding"`` for that of the embedding
        and a stride, such as ``"16"``, for that of the levels of this stride. Only maps whose
        pooling was seen to give the output are there: a network that ends in something else
        than a mean over a map lacks ``"embedding"``.
    """

    name = "openvino"

    def __init__(
        self,
        spec: BackboneSpec,
        graph: Any,
        core: Any,
        *,
        device: str = DEFAULT_DEVICE,
        threads: int | None = None,
        precision: str = DEFAULT_PRECISION,
        maps: bool = False,
    ) -> None:
        openvino = import_openvino()
        self.versions = {"openvino": version("openvino")}
        self._spec = spec
        self._running: deque[_Running] = deque()
        self._outputs: dict[str, int] = {}
        self._shapes: list[tuple[int, ...]] = [(spec.width,)]
        if maps:
            found = find_maps(graph, pooled_layers(spec))
            # two names may stand for one map, which is computed and copied once
            ports = list(dict.fromkeys(found.values()))
            self._outputs = {name: 1 + ports.index(port) for name, port in found.items()}
            self._shapes += [tuple(port.shape[1:]) for port in ports]
            output = graph.outputs[0].node.input_value(0)
            graph = openvino.Model([output, *ports], graph.get_parameters(), "mapped")
        settings = compile_settings(core, device, threads, precision)
        self._compiled = core.compile_model(graph, device, settings)
        batch = self._compiled.inputs[0].partial_shape[0]
        self._sizes = (batch.get_length(),) if batch.is_static else None
        self._idle: deque[Any] | None = None
        if device == "CPU" and self._sizes == (1,):
            # one more than streams: the next image waits where a stream finds it at once
            streams = int(self._compiled.get_property("NUM_STREAMS"))
            self._idle = deque(self._compiled.create_infer_request() for _ in range(streams + 1))
        if maps:
            self._keep_true_maps()

    @property
    def map_shapes(self) -> dict[str, tuple[int, ...]]:
        """See the class."""
        return {name: self._shapes[output] for name, output in self._outputs.items()}

    def embed(self, images: Images) -> Embeddings:
        """See :meth:`Engine.embed`."""
        return self.submit(images)()

    def submit(self, images: Images) -> Result:
        """See :meth:`Engine.submit`."""
        if self._idle is None:
            embeddings = embed_in_batches(self._spec, images, self._compute, sizes=self._sizes)
            return lambda: embeddings
        result = self._submit(images)
        return lambda: result()[0]

    def run(self, images: Images) -> tuple[Embeddings, Maps]:
        """Return the embeddings of `images` and the maps that they are pooled from.

        Parameters
        ----------
        images
            ndarray of uint8, shape (n, height, width, 3), RGB, n at least 1.

        Returns
        -------
        embeddings : ndarray of float32, shape (n, ``spec.width``)
        maps : mapping of str to ndarray of float32, shape (n, rows, columns, channels)
            One for each of :attr:`map_shapes`; those of one map under two names are the same
            array.

        Raises
        ------
        ValueError
            If the array has another type or shape.
        """
        outputs = self._submit(images)()
        return outputs[0], {name: outputs[index] for name, index in self._outputs.items()}

    def _submit(self, images: Images) -> Callable[[], list[NDArray[np.float32]]]:
        assert self._idle is not None, "images go one by one on a CPU alone"
        check_images(self._spec, images)
        outputs = [np.empty((len(images), *shape), np.float32) for shape in self._shapes]
        for row, image in enumerate(images):
            request = self._idle.popleft() if self._idle else self._collect()
            # copies the image, so that the caller's array may go
            request.start_async({0: np.ascontiguousarray(image)[None]})
            self._running.append(_Running(request, outputs, row))

        def result() -> list[NDArray[np.float32]]:
            while any(running.outputs is outputs for running in self._running):
                request = self._collect()
                if self._idle is not None:
                    self._idle.append(request)
            return outputs

        return result

    def _collect(self) -> Any:
        """Wait for the oldest image, keep its outputs and return its request."""
        request, outputs, row = self._running.popleft()
        request.wait()
        for index, output in enumerate(outputs):
            output[row] = request.get_output_tensor(index).data.reshape(output.shape[1:])
        return request

    def _compute(self, images: Images) -> Embeddings:
        result: Embeddings = self._compiled([images])[0]
        return result.reshape(len(images), self._spec.width).astype(np.float32, copy=False)

    def _keep_true_maps(self) -> None:
        """Forget maps whose pooling is not what the network gives for an image of noise."""
        shape = (1, *self._spec.input_size, 3)
        noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        embeddings, maps = self.run(noise)
        for layer in pooled_layers(self._spec):
            given = embeddings[:, layer.start : layer.stop]
            if layer.map in self._outputs and not _is_pooled(maps[layer.map], layer, given):
                del self._outputs[layer.map]

    def close(self) -> None:
        """Let go of the network's memory; it cannot be used afterwards."""
        self._running.clear()
        self._compiled = self._idle = None

    def __enter__(self) -> OpenVINONetwork:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _is_pooled(feature_map: NDArray[np.float32], layer: Layer, given: Embeddings) -> bool:
    """Say whether values are the pooling of a map that a layer says they are."""
    rows, channels = feature_map.shape[1], feature_map.shape[3]
    if channels != given.shape[1] or (layer.pooling in BANDS and rows < len(BANDS)):
        return False
    if not np.isfinite(given).all():
        return False
    error = np.abs(pool_map(feature_map, layer.pooling) - given).max()
    return bool(error <= _TOLERANCE * np.abs(given).max())


@register_engine("openvino")
def open_openvino_engine(choice: EngineChoice, spec: BackboneSpec, weights: Weights) -> Engine:
    """Get the network as an OpenVINO graph and compile it; see :meth:`EngineChoice.open`."""
    core = new_core()
    device = _checked_device(core, choice)
    graph = network_graph(core, spec, weights, choice.cache)
    shape = graph.input(0).partial_shape
    if device == "CPU" and shape[0].is_dynamic:
        shape[0] = 1
        graph.reshape(shape)
    return OpenVINONetwork(
        spec, graph, core, device=device, threads=choice.threads, precision=choice.precision
    )


def open_stored_network(
    spec: BackboneSpec, xml: bytes, arrays: bytes, *, threads: int | None = None
) -> OpenVINONetwork:
    """Open a network with its maps from the bytes of :func:`graph_bytes`, without Keras.

    They may be of unknown origin: no code in them runs. `spec` has the levels that the network
    gives; `threads` of None is one on each core. EngineError if the bytes are not such a network.
    """
    core = import_openvino().Core()
    graph = read_network(core, spec, xml, arrays)
    try:
        return OpenVINONetwork(spec, graph, core, threads=threads, maps=True)
    except RuntimeError:
        raise EngineError(
            f"The stored network of {spec.name} has layers that OpenVINO cannot run on this "
            "CPU; use another, or make it anew from its weights."
        ) from None


def _checked_device(core: Any, choice: EngineChoice) -> str:
    """Return OpenVINO's name of the device; refuse one that is absent or lacks the precision."""
    device, available = (choice.device or DEFAULT_DEVICE).upper(), core.available_devices
    if device not in available and not any(name.startswith(f"{device}.") for name in available):
        raise EngineError(
            f"The openvino engine has no device {choice.device!r}; available are "
            f"{', '.join(available)}."
        )
    if choice.precision != DEFAULT_PRECISION:
        able = core.get_property(device, "OPTIMIZATION_CAPABILITIES")
        if _CAPABILITIES[choice.precision] not in able:  # it would only claim to compute in it
            raise EngineError(
                f"The openvino engine's device {device} does not compute in {choice.precision}; "
                f"it has {', '.join(sorted(able))}. Leave --precision out."
            )
    return device


def compile_settings(
    core: Any, device: str, threads: int | None, precision: str
) -> dict[str, object]:
    """Return what ``core.compile_model`` is given besides the network and the device."""
    # without it, newer CPUs and graphics processors would round to 16 bits by themselves
    settings: dict[str, object] = {"INFERENCE_PRECISION_HINT": precision}
    if device == "CPU":
        threads = threads or _cores(core)
        settings["INFERENCE_NUM_THREADS"] = settings["NUM_STREAMS"] = threads
        # threads that are tied to a core cannot leave one that another program keeps busy
        settings["ENABLE_CPU_PINNING"] = False
    else:
        # with calls that wait for their result, the hint THROUGHPUT is half as fast
        settings["PERFORMANCE_HINT"] = "LATENCY"
    return settings


def _cores(core: Any) -> int:
    """Count the cores this process may use; two threads of one core share its arithmetic."""
    openvino = import_openvino()
    number = openvino.opset13.parameter([1], openvino.Type.f32)
    graph = openvino.Model([openvino.opset13.relu(number)], [number], "probe")
    compiled = core.compile_model(graph, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
    cores: int = compiled.get_property("INFERENCE_NUM_THREADS")
    # joblib heeds the limits that containers set, OpenVINO the kind of the cores
    return max(1, min(cores, int(cpu_count())))

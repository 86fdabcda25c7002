"""A stored network that gives embeddings together with the maps they are pooled from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones.engines.compile_settings import compile_settings
from lusscore.backbones.engines.engine import Embeddings, Images, check_images
from lusscore.backbones.engines.find_maps import find_maps
from lusscore.backbones.engines.stored_network import read_network
from lusscore.backbones.map_pooling import pool_map
from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.backbones.pooled_parts import Part, pooled_parts
from lusscore.backbones.precision import DEFAULT_PRECISION
from lusscore.backbones.spec import BackboneSpec
from lusscore.cohort.embedding_levels import BANDS
from lusscore.errors import EngineError

Maps = Mapping[str, NDArray[np.float32]]
# a map is believed when its pooling differs from the output by less, relative to the largest
_TOLERANCE = 1e-4


class _Running(NamedTuple):
    """An image that is being computed, and the arrays and the row where its outputs go."""

    request: Any
    outputs: list[NDArray[np.float32]]
    row: int


class MappedNetwork:
    """A network made from bytes, without Keras; a context manager.

    As in the openvino engine, images go through one by one, as many at a time as there are
    threads, so that an embedding depends on nothing but its image.

    Parameters
    ----------
    spec
        The backbone, with the levels that the network gives.
    xml, arrays
        From :func:`lusscore.backbones.graph_bytes`, or of unknown origin; see
        :func:`lusscore.backbones.engines.stored_network.read_network`.
    threads
        Of the CPU; None for one on each core.

    Attributes
    ----------
    map_shapes
        (rows, columns, channels) by name of the map: ``"embedding"`` for that of the embedding
        and a stride, such as ``"16"``, for that of the levels of this stride. Only maps whose
        pooling was seen to give the output are there: a network that ends in something else
        than a mean over a map lacks ``"embedding"``.

    Raises
    ------
    EngineError
        If the bytes are not such a network.
    """

    def __init__(
        self, spec: BackboneSpec, xml: bytes, arrays: bytes, *, threads: int | None = None
    ) -> None:
        openvino = import_openvino()
        core = openvino.Core()
        self._spec = spec
        self._parts = pooled_parts(spec)
        self._running: deque[_Running] = deque()
        graph = read_network(core, spec, xml, arrays)
        try:
            found = find_maps(graph, self._parts)
            # two names may stand for one map, which is computed and copied once
            ports = list(dict.fromkeys(found.values()))
            self._outputs = {name: 1 + ports.index(port) for name, port in found.items()}
            self._shapes = [(spec.width,), *(tuple(port.shape[1:]) for port in ports)]
            output = graph.outputs[0].node.input_value(0)
            graph = openvino.Model([output, *ports], graph.get_parameters(), "mapped")
            settings = compile_settings(core, "CPU", threads, DEFAULT_PRECISION)
            compiled = core.compile_model(graph, "CPU", settings)
            # one more than streams: the next image waits where a stream finds it at once
            streams = int(compiled.get_property("NUM_STREAMS"))
            self._idle = deque(compiled.create_infer_request() for _ in range(streams + 1))
            self._keep_true_maps()
        except RuntimeError:
            raise EngineError(
                f"The stored network of {spec.name} has layers that OpenVINO cannot run on this "
                "CPU; use another, or make it anew from its weights."
            ) from None

    @property
    def map_shapes(self) -> dict[str, tuple[int, ...]]:
        """See the class."""
        return {name: self._shapes[output] for name, output in self._outputs.items()}

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
        return self.submit(images)()

    def submit(self, images: Images) -> Callable[[], tuple[Embeddings, Maps]]:
        """Start on `images`, which must not change; return what waits for :meth:`run`'s values.

        To be used from one thread, and the result to be fetched once.
        """
        check_images(self._spec, images)
        outputs = [np.empty((len(images), *shape), np.float32) for shape in self._shapes]
        for row, image in enumerate(images):
            request = self._idle.popleft() if self._idle else self._collect()
            request.start_async({0: np.ascontiguousarray(image)[None]})
            self._running.append(_Running(request, outputs, row))

        def result() -> tuple[Embeddings, Maps]:
            while any(running.outputs is outputs for running in self._running):
                self._idle.append(self._collect())
            return outputs[0], {name: outputs[index] for name, index in self._outputs.items()}

        return result

    def _collect(self) -> Any:
        """Wait for the oldest image, keep its outputs and return its request."""
        request, outputs, row = self._running.popleft()
        request.wait()
        for index, output in enumerate(outputs):
            output[row] = request.get_output_tensor(index).data[0]
        return request

    def _keep_true_maps(self) -> None:
        """Forget maps whose pooling is not what the network gives for an image of noise."""
        shape = (1, *self._spec.input_size, 3)
        noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        embeddings, maps = self.run(noise)
        for part in self._parts:
            given = embeddings[:, part.start : part.stop]
            if part.map in self._outputs and not _is_pooled(maps[part.map], part, given):
                del self._outputs[part.map]

    def close(self) -> None:
        """Let go of the network's memory; it cannot be used afterwards."""
        self._idle.clear()
        self._running.clear()

    def __enter__(self) -> MappedNetwork:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _is_pooled(feature_map: NDArray[np.float32], part: Part, given: Embeddings) -> bool:
    """Tell whether values are the pooling of a map that a part says they are."""
    rows, channels = feature_map.shape[1], feature_map.shape[3]
    if channels != given.shape[1] or (part.pooling in BANDS and rows < len(BANDS)):
        return False
    if not np.isfinite(given).all():
        return False
    error = np.abs(pool_map(feature_map, part.pooling) - given).max()
    return bool(error <= _TOLERANCE * np.abs(given).max())

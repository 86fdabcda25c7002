"""The keras engine: Keras itself, on whatever backend and device it is set up for."""

from __future__ import annotations

from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lusscore.backbones.engines.engine import (
    Embeddings,
    Engine,
    Images,
    Result,
    embed_in_batches,
)
from lusscore.backbones.engines.registry import register_engine
from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.model import build_model
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights
from lusscore.errors import EngineError

# each size is compiled once, so there are few of them; graphics processors want many images
SIZES = tuple(2**power for power in range(9))


class KerasEngine:
    """A Keras model and the device it runs on; see :class:`Engine`."""

    name = "keras"

    def __init__(self, spec: BackboneSpec, model: Any, device: str | None) -> None:
        keras = import_keras()
        backend = keras.backend.backend()
        self.versions = {"keras": version("keras"), backend: version(backend)}
        self._spec = spec
        self._model = model
        self._device = device

    def embed(self, images: Images) -> Embeddings:
        """See :meth:`Engine.embed`."""
        with _device_scope(self._device):
            return embed_in_batches(self._spec, images, self._model.predict_on_batch, sizes=SIZES)

    def submit(self, images: Images) -> Result:
        """See :meth:`Engine.submit`: computes at once."""
        embeddings = self.embed(images)
        return lambda: embeddings

    def close(self) -> None:
        """See :meth:`Engine.close`."""
        self._model = None

    def __enter__(self) -> KerasEngine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@register_engine("keras")
def open_keras_engine(
    spec: BackboneSpec,
    weights: Weights,
    *,
    device: str | None,
    threads: int | None,
    cache: Path | None,
    precision: str,
) -> Engine:
    """Build the network in Keras; see :func:`lusscore.backbones.open_engine`."""
    if spec.family == "onnx":
        raise EngineError(
            f"The keras engine cannot run the ONNX file {spec.source}; use the engine openvino."
        )
    import_keras(threads)
    if device is not None:
        device = device.lower()
        _check_device(device)
    with _device_scope(device):
        return KerasEngine(spec, build_model(spec, weights, precision), device)


def _device_scope(device: str | None) -> Any:
    """Let what is computed inside run on `device`."""
    return nullcontext() if device is None else import_keras().device(device)


def _check_device(device: str) -> None:
    """Refuse a device that the backend does not have."""
    keras = import_keras()
    known = ["cpu:0"]
    for kind in ("gpu", "tpu"):
        try:
            known += keras.distribution.list_devices(kind)
        except AttributeError:  # the PyTorch backend has no such list, but fails by itself
            known += _torch_devices(keras, device)
        except RuntimeError:  # JAX, when there is no device of that kind
            continue
    if device not in known and f"{device}:0" not in known:
        raise EngineError(
            f"The keras engine has no device {device!r}; available are {', '.join(known)}."
        )


def _torch_devices(keras: Any, device: str) -> list[str]:
    """Return `device` if PyTorch can put an array there."""
    try:
        with keras.device(device):
            keras.ops.zeros(1)
    # PyTorch tells an unknown device and missing CUDA by several kinds of exception
    except Exception:
        return []
    return [device]

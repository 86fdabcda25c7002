"""Keras: from a spec and its weights to a model that gives embeddings, and the keras engine."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from lusscore.backbones.engine import (
    DEFAULT_PRECISION,
    Embeddings,
    Engine,
    EngineChoice,
    Images,
    Result,
    embed_in_batches,
    register_engine,
)
from lusscore.backbones.libraries import import_keras
from lusscore.backbones.pooling import band_rows
from lusscore.backbones.preprocessing import get_preprocessing
from lusscore.backbones.registry import Network, builder_of
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights
from lusscore.cohort import BANDS, STRIDES, Level
from lusscore.errors import BackboneError, EngineError, WeightsError

if TYPE_CHECKING:
    import h5py

# counts up when this module changes what it builds, so that saved graphs are built anew
MODEL_VERSION = 1
_POLICIES = {"f32": "float32", "bf16": "mixed_bfloat16", "f16": "mixed_float16"}
# they change a map's size and nothing of what it shows
_RESIZING = ("ZeroPadding2D", "Cropping2D")
# each size is compiled once, so there are few of them; graphics processors want many images
_SIZES = tuple(2**power for power in range(9))


def build_model(
    spec: BackboneSpec, weights: Weights, precision: str = DEFAULT_PRECISION
) -> Network:
    """Build the network of `spec`, read `weights` and add preprocessing and pooling.

    `precision` is the number format of its arithmetic; weights, preprocessing and pooling stay
    float32.

    Returns
    -------
    keras.Model
        Takes uint8 RGB frames, (n, height, width, 3); gives float32 embeddings with their
        levels behind them, (n, ``spec.width``).

    Raises
    ------
    BackboneError
        If Keras is set to another number type or axis order than float32 and channels last, or
        the network lacks a level.
    WeightsError
        If the weights do not fit the network.
    """
    keras = import_keras()
    floats, axes = keras.config.floatx(), keras.config.image_data_format()
    if (floats, axes) != ("float32", "channels_last"):
        raise BackboneError(
            f"Keras is set to {floats} and {axes}; backbones need float32 and channels_last. "
            "Change floatx and image_data_format in keras.json (in the folder .keras of your "
            "home folder, or where KERAS_HOME points)."
        )
    with _arithmetic(keras, precision):
        network = builder_of(spec)(spec)
    read_weights(network, spec, weights)
    inputs = keras.Input((*spec.input_size, 3), dtype="uint8", name="frames")
    frames = preprocess(keras, inputs, spec.preprocessing)
    if not spec.levels:
        outputs = _embedding(keras, network(frames, training=False))
    else:
        strides = list(dict.fromkeys(Level.parse(name).stride for name in spec.levels))
        output, *maps = _with_maps(keras, network, spec, strides)(frames, training=False)
        levels = [
            pool_level(keras, maps[strides.index(Level.parse(name).stride)], spec, name)
            for name in spec.levels
        ]
        outputs = keras.ops.concatenate([_embedding(keras, output), *levels], axis=-1)
    return keras.Model(inputs, outputs, name=f"{spec.name}_embedding")


@contextmanager
def _arithmetic(keras: Network, precision: str) -> Iterator[None]:
    """Let layers that are made inside compute in `precision`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(_POLICIES[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def preprocess(keras: Network, frames: Network, name: str) -> Network:
    """Apply the preprocessing `name` inside the graph, in float32."""
    preprocessing = get_preprocessing(name)
    x = keras.ops.cast(frames, "float32")
    if name == "none":
        return x
    if preprocessing.channels == "BGR":
        x = keras.ops.flip(x, axis=-1)
    mean = np.asarray(preprocessing.mean, np.float32)
    scale = np.asarray(preprocessing.scale, np.float32)
    return (x - mean) / scale


def _embedding(keras: Network, output: Network) -> Network:
    """Make an embedding of a network's output, in float32."""
    output = keras.ops.cast(output, "float32")
    return keras.layers.GlobalAveragePooling2D()(output) if len(output.shape) == 4 else output


def _with_maps(keras: Network, network: Network, spec: BackboneSpec, strides: list[int]) -> Network:
    """Add the maps of these strides, from which levels are pooled, to the network's outputs."""
    maps, recorded = last_maps(network), dict(spec.maps)
    for stride in strides:
        channels = maps[stride].shape[-1] if stride in maps else "no"
        if channels != recorded[stride]:
            raise BackboneError(
                f"The last feature map of {spec.name} at stride {stride} has {channels} channels, "
                f"expected {recorded[stride]}; correct maps where it is registered, or install the "
                "version of Keras that lusscore asks for."
            )
    return keras.Model(network.inputs, [network.outputs[0], *(maps[stride] for stride in strides)])


def last_maps(network: Network) -> dict[int, Any]:
    """Find the last feature map at each stride, in the order in which the network computes.

    The stride is the power of two next to what a map's sides are smaller than the input's, since
    networks without padding lose some pixels at the edges. Maps inside a network that is used
    as a layer are not seen.

    Returns
    -------
    dict of int to keras.KerasTensor
        (n, rows, columns, channels) by stride; only strides that levels may have.
    """
    found: dict[int, Any] = {}
    # a Sequential has layers alone
    for operation in getattr(network, "operations", network.layers):
        if hasattr(operation, "operations") or type(operation).__name__ in _RESIZING:
            continue
        shape = getattr(operation.output, "shape", ())
        if len(shape) != 4 or None in shape[1:]:
            continue
        strides = {
            2 ** round(math.log2(side / here))
            for side, here in zip(network.input_shape[1:3], shape[1:3], strict=True)
        }
        if len(strides) == 1 and strides <= set(STRIDES):
            found[strides.pop()] = operation.output
    return found


def pool_level(keras: Network, feature_map: Any, spec: BackboneSpec, name: str) -> Any:
    """Pool a map as a level asks: (n, rows, columns, channels) to (n, channels), float32.

    BackboneError if the map has too few rows for bands.
    """
    pooling = Level.parse(name).pooling
    rows = feature_map.shape[1]
    try:
        seen = band_rows(pooling, rows)
    except ValueError:
        raise BackboneError(
            f"The level {name} of {spec.name} would divide a feature map of {rows} rows into "
            f"{len(BANDS)} bands; take its mean instead."
        ) from None
    if pooling in BANDS:
        feature_map = feature_map[:, seen]
    pool = {"max": keras.ops.max, "std": keras.ops.std}.get(pooling, keras.ops.mean)
    return pool(keras.ops.cast(feature_map, "float32"), axis=(1, 2))


def read_weights(network: Network, spec: BackboneSpec, weights: Weights) -> None:
    """Fill `network` with the weights of a file.

    WeightsError if the file is damaged or holds the weights of another network.
    """
    try:
        held = _count_held(weights)
        wanted = sum(_size(weight.shape, weight.dtype) for weight in network.weights)
        if held is not None and held != wanted:
            raise WeightsError(
                f"{weights.path} holds {held:,} weights, but {spec.name} without its classifier "
                f"has {wanted:,}; it is another network's, or was saved with include_top=True. "
                "Replace it."
            )
        with warnings.catch_warnings():
            # Keras only warns where it leaves a layer as it was
            warnings.simplefilter("error", UserWarning)
            network.load_weights(weights.path)
    # what h5py and Keras raise for files that are cut short or hold other layers
    except (OSError, ValueError, KeyError, IndexError, RuntimeError, UserWarning) as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"{weights.path} cannot be read as weights of {spec.name} ({reason}); it is damaged "
            "or another network's. Replace it, or delete it to have it looked for elsewhere."
        ) from None


def _count_held(weights: Weights) -> int | None:
    """Count the weights in an HDF5 file; None for Keras 2's format, which Keras checks itself."""
    import h5py

    sizes: list[int] = []

    def add(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            sizes.append(_size(item.shape, item.dtype))

    with h5py.File(weights.path, "r") as file:
        if "layer_names" in file.attrs:
            return None
        file.visititems(add)
    return sum(sizes)


def _size(shape: tuple[int, ...], dtype: object) -> int:
    """Count the values in an array of weights; 0 for counters and random generators' states."""
    return math.prod(shape) if shape and str(dtype).startswith("float") else 0


class KerasEngine:
    """A Keras model and the device it runs on; see :class:`Engine`."""

    name = "keras"

    def __init__(self, spec: BackboneSpec, model: Any, device: str | None) -> None:
        backend = import_keras().backend.backend()
        self.versions = {"keras": version("keras"), backend: version(backend)}
        self._spec = spec
        self._model = model
        self._device = device

    def embed(self, images: Images) -> Embeddings:
        """See :meth:`Engine.embed`."""
        with _device_scope(self._device):
            return embed_in_batches(self._spec, images, self._model.predict_on_batch, sizes=_SIZES)

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
def open_keras_engine(choice: EngineChoice, spec: BackboneSpec, weights: Weights) -> Engine:
    """Build the network in Keras; see :meth:`EngineChoice.open`."""
    if spec.family == "onnx":
        raise EngineError(
            f"The keras engine cannot run the ONNX file {spec.source}; use the engine openvino."
        )
    import_keras(choice.threads)
    device = None if choice.device is None else choice.device.lower()
    if device is not None:
        _check_device(device)
    with _device_scope(device):
        return KerasEngine(spec, build_model(spec, weights, choice.precision), device)


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
    # PyTorch answers an unknown device and missing CUDA by several kinds of exception
    except Exception:
        return []
    return [device]

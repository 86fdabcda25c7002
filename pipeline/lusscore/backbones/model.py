"""From a spec and its weights to a Keras model that takes frames and gives embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.levels import network_with_maps, pool_level, strides_of
from lusscore.backbones.precision import DEFAULT_PRECISION
from lusscore.backbones.preprocessing import get_preprocessing
from lusscore.backbones.registry import Network, builder_of
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights
from lusscore.backbones.weights_reading import read_weights
from lusscore.cohort import Level
from lusscore.errors import BackboneError

# counts up when this module changes what it builds, so that saved graphs are built anew
MODEL_VERSION = 1
_POLICIES = {"f32": "float32", "bf16": "mixed_bfloat16", "f16": "mixed_float16"}


def build_model(
    spec: BackboneSpec, weights: Weights, precision: str = DEFAULT_PRECISION
) -> Network:
    """Build the network of `spec`, read `weights` and add preprocessing and pooling.

    Parameters
    ----------
    spec
        A registered backbone (not an ONNX file), with the levels wanted.
    weights
        What :func:`lusscore.backbones.load_weights` returned for it.
    precision
        Number format of its arithmetic; weights, preprocessing and pooling stay float32.

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
    _check_settings(keras)
    with _arithmetic(keras, precision):
        network = builder_of(spec)(spec)
    read_weights(network, spec, weights)
    inputs = keras.Input((*spec.input_size, 3), dtype="uint8", name="frames")
    frames = _preprocess(keras, inputs, spec.preprocessing)
    if not spec.levels:
        outputs = _embedding(keras, network(frames, training=False))
    else:
        outputs = _embedding_and_levels(keras, network, frames, spec)
    return keras.Model(inputs, outputs, name=f"{spec.name}_embedding")


def _embedding(keras: Network, output: Network) -> Network:
    """Make an embedding of a network's output, in float32."""
    output = keras.ops.cast(output, "float32")
    return keras.layers.GlobalAveragePooling2D()(output) if len(output.shape) == 4 else output


def _embedding_and_levels(
    keras: Network, network: Network, frames: Network, spec: BackboneSpec
) -> Network:
    """Run the network once; put the pooled levels behind the embedding."""
    output, *maps = network_with_maps(keras, network, spec)(frames, training=False)
    by_stride = dict(zip(strides_of(spec), maps, strict=True))
    levels = [
        pool_level(keras, by_stride[Level.parse(name).stride], spec, name) for name in spec.levels
    ]
    return keras.ops.concatenate([_embedding(keras, output), *levels], axis=-1)


def _preprocess(keras: Network, frames: Network, name: str) -> Network:
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


@contextmanager
def _arithmetic(keras: Network, precision: str) -> Iterator[None]:
    """Let layers that are made inside compute in `precision`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(_POLICIES[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _check_settings(keras: Network) -> None:
    """Refuse settings of Keras under which weights would be read wrongly or rounded."""
    floats, axes = keras.config.floatx(), keras.config.image_data_format()
    if (floats, axes) != ("float32", "channels_last"):
        raise BackboneError(
            f"Keras is set to {floats} and {axes}; backbones need float32 and channels_last. "
            "Change floatx and image_data_format in keras.json (in the folder .keras of your "
            "home folder, or where KERAS_HOME points)."
        )

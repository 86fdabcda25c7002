"""EfficientNet-Lite0, the backbone whose weights are bundled.

EfficientNet-B0 (Tan and Le 2019) made fit for plain hardware: ReLU6 in place of swish and no
squeeze-and-excitation. Its weights are made by ``pipeline/tools/convert_efficientnet_lite0.py``.
"""

from __future__ import annotations

from typing import NamedTuple

from lusscore.backbones.libraries import import_keras
from lusscore.backbones.registry import Network, register_backbone
from lusscore.backbones.spec import BackboneSpec

SPEC = BackboneSpec(
    name="efficientnet_lite0",
    input_size=(224, 224),
    preprocessing="lite",
    embedding_size=1280,
    parameters=3_413_024,
    flops=767_815_104,
    family="bundled",
    # before they shrink, maps are expanded to six times the channels of the stage they come from
    maps=((32, 1280), (16, 672), (8, 240), (4, 144)),
)
STEM_CHANNELS = 32
BATCH_NORM_EPSILON = 1e-3


class Stage(NamedTuple):
    """A run of inverted residual blocks; only its first block strides."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


# Table 1 of Tan and Le 2019
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


@register_backbone(SPEC)
def build_efficientnet_lite0(spec: BackboneSpec) -> Network:
    """Build the network up to the pooled 1280 channels of its last feature map."""
    keras = import_keras()
    inputs = keras.Input((*spec.input_size, 3))
    x = _convolve(keras, inputs, STEM_CHANNELS, kernel=3, stride=2)
    for stage in STAGES:
        for block in range(stage.blocks):
            x = _inverted_residual(keras, x, stage, stage.stride if block == 0 else 1)
    x = _convolve(keras, x, spec.embedding_size)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x), name=spec.name)


def _inverted_residual(keras: Network, inputs: Network, stage: Stage, stride: int) -> Network:
    """Expand, convolve each channel by itself, project; add the input where shapes allow."""
    layers = keras.layers
    channels = inputs.shape[-1]
    x = inputs
    if stage.expansion > 1:
        x = _convolve(keras, x, channels * stage.expansion)
    x = layers.DepthwiseConv2D(stage.kernel, stride, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON)(x)
    x = layers.ReLU(6.0)(x)
    x = _convolve(keras, x, stage.channels, activation=False)
    return layers.Add()([x, inputs]) if x.shape[1:] == inputs.shape[1:] else x


def _convolve(
    keras: Network,
    x: Network,
    channels: int,
    *,
    kernel: int = 1,
    stride: int = 1,
    activation: bool = True,
) -> Network:
    """Convolution without bias, batch normalization and, unless `activation` is off, ReLU6."""
    layers = keras.layers
    x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON)(x)
    return layers.ReLU(6.0)(x) if activation else x

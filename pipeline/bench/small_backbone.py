"""A backbone so small that all else shows: three convolutions at 32 × 32 pixels.

It is registered only in processes that ask for it, so that no user ever finds it in a list.
"""

from __future__ import annotations

from lusscore.backbones import (
    BackboneSpec,
    Network,
    get_backbone,
    import_keras,
    register_backbone,
    registered_backbones,
)

SMALL_BACKBONE = "small"
_CHANNELS = (8, 16, 32)
SMALL_SPEC = BackboneSpec(
    name=SMALL_BACKBONE,
    input_size=(32, 32),
    preprocessing="lite",
    embedding_size=_CHANNELS[-1],
    # 3 × 3 kernels and biases: 3→8, 8→16, 16→32
    parameters=6_032,
    # twice 16² × 8 × 27, 8² × 16 × 72 and 4² × 32 × 144
    flops=405_504,
    family="registered",
)
# starts the command with the small backbone among the others
SMALL_COMMAND = (
    "from bench.small_backbone import register_small_backbone;"
    "register_small_backbone();"
    "from lusscore.cli import main;"
    "main()"
)


def register_small_backbone() -> None:
    """Let this process know the small backbone; nothing happens the second time."""
    if SMALL_BACKBONE not in registered_backbones():
        register_backbone(SMALL_SPEC)(build_small_backbone)


def find_backbone(name: str) -> BackboneSpec:
    """Return the spec of a backbone, the small one included, without registering that."""
    return SMALL_SPEC if name == SMALL_BACKBONE else get_backbone(name)


def build_small_backbone(spec: BackboneSpec) -> Network:
    """Build three strided convolutions with ReLU."""
    keras = import_keras()
    inputs = keras.Input((*spec.input_size, 3))
    x = inputs
    for channels in _CHANNELS:
        x = keras.layers.Conv2D(channels, 3, 2, padding="same", activation="relu")(x)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x), name=spec.name)

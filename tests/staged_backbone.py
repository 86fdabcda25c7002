"""A small network of four maps, each half the size of the one before, which levels are had of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lusscore.backbones import BackboneSpec, register_backbone, registry
from lusscore.backbones.libraries import import_keras

STAGED = BackboneSpec(
    name="staged",
    input_size=(96, 128),
    preprocessing="tf",
    embedding_size=6,
    parameters=1,
    flops=1,
    family="registered",
    maps=((16, 6), (8, 5), (4, 4)),
)


def build_staged(spec: BackboneSpec) -> Any:
    keras = import_keras()
    inputs = x = keras.Input((*spec.input_size, 3))
    for channels in (3, 4, 5, 6):
        x = keras.layers.Conv2D(channels, 3, 2, padding="same", activation="relu")(x)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))


@contextmanager
def staged_backbone(folder: Path) -> Iterator[BackboneSpec]:
    """Register the network for a while; write its weights into `folder`."""
    register_backbone(STAGED)(build_staged)
    try:
        import_keras().utils.set_random_seed(1)
        build_staged(STAGED).save_weights(folder / "staged.weights.h5")
        yield STAGED
    finally:
        del registry._BACKBONES[STAGED.name]

"""Make the table of Keras's image networks, ``backbones/applications.json``.

Needed once for each version of Keras that brings new networks::

    python pipeline/tools/measure_applications.py

Each network is built in a process of its own, with random weights and without a download; the
largest takes some 5 GB of memory. ``--only NAME`` measures one class and prints its row.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from lusscore.backbones.keras_network import last_maps
from lusscore.backbones.libraries import import_keras
from lusscore.backbones.preprocessing import get_preprocessing, preprocessing_names

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "pipeline/lusscore/backbones/applications.json"
# the size MobileNetV3's weights were trained at; its code leaves the size open
OPEN_SIZE = 224


def application_classes() -> list[str]:
    """Names of all functions of ``keras.applications`` that build an image network."""
    applications = import_keras().applications
    return sorted(
        name
        for name, build in vars(applications).items()
        if callable(build) and "include_top" in inspect.signature(build).parameters
    )


def registered_name(class_name: str) -> str:
    """Turn ``"MobileNetV3Large"`` into ``"mobilenet_v3_large"``."""
    for word, plain in (("NeXt", "next"), ("NASN", "Nasn"), ("VGG", "Vgg"), ("XL", "Xl")):
        class_name = class_name.replace(word, plain)
    class_name = re.sub(r"(?<=[a-z])Net", "net", class_name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name).lower()


def count_flops(network: Any) -> int:
    """Count multiplications and additions of convolutions and dense layers for one image.

    Normalization, activation and pooling are left out, as in published figures.

    Parameters
    ----------
    network
        A built Keras model with a fixed input size.
    """
    return sum(2 * _multiplications(layer) for layer in network._flatten_layers())


def _multiplications(layer: Any) -> int:
    """Multiplications of one layer for one image: kernel values times places it is used at."""
    kind = type(layer).__name__
    if kind == "Dense":
        places, channels = np.prod(layer.output.shape[1:-1], dtype=int), layer.output.shape[-1]
        return int(places * layer.kernel.shape[0] * channels)
    if not kind.endswith(("Conv2D", "ConvTranspose2D")):
        return 0
    places = np.prod(layer.output.shape[1:-1], dtype=int)
    if kind == "SeparableConv2D":
        kernels = (layer.depthwise_kernel, layer.pointwise_kernel)
    else:
        kernels = (layer.kernel,)
    return int(places * sum(np.prod(kernel.shape, dtype=int) for kernel in kernels))


def measure(class_name: str) -> dict[str, object]:
    """Build one network and return its row of the table."""
    keras = import_keras()
    build = getattr(keras.applications, class_name)
    height, width = _input_size(build)
    network = build(weights=None, include_top=False, pooling="avg", input_shape=(height, width, 3))
    return {
        "name": registered_name(class_name),
        "class": class_name,
        "input_size": [height, width],
        "preprocessing": _preprocessing(keras, build),
        "embedding_size": network.output_shape[-1],
        "parameters": network.count_params(),
        "flops": count_flops(network),
        "cached_weights": _cached_weights(build, (height, width, 3)),
        "maps": measure_maps(network),
    }


def measure_maps(network: Any) -> list[list[int]]:
    """List stride and channels of the last feature map at each stride, the largest first."""
    maps = last_maps(network)
    return [[stride, maps[stride].shape[-1]] for stride in sorted(maps, reverse=True)]


def _input_size(build: Any) -> tuple[int, int]:
    """Return the size the network has when none is given."""
    height, width = build(weights=None).input_shape[1:3]
    return height or OPEN_SIZE, width or OPEN_SIZE


def _preprocessing(keras: Any, build: Any) -> str:
    """Find the registered preprocessing that does what Keras's own does."""
    module = inspect.getmodule(build)
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    theirs = module.preprocess_input(images.astype(np.float32))
    for name in preprocessing_names():
        if np.allclose(get_preprocessing(name)(images), theirs, atol=1e-4):
            return name
    raise SystemExit(f"{build.__name__} has a preprocessing that is not registered")


class _AskedForError(Exception):
    """Carries the name of the file that Keras was about to download."""


def _cached_weights(build: Any, input_shape: tuple[int, int, int]) -> str:
    """Return the name under which Keras keeps the downloaded weights."""

    def refuse(fname: str, *_: object, **__: object) -> str:
        raise _AskedForError(fname)

    with mock.patch("keras.src.utils.file_utils.get_file", refuse):
        try:
            build(weights="imagenet", include_top=False, input_shape=input_shape)
        except _AskedForError as asked:
            return str(asked)
    raise SystemExit(f"{build.__name__} did not ask for a file of weights")


def main() -> None:
    """Measure all networks, or the one that ``--only`` names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", metavar="NAME", help="print the row of one class")
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measure(arguments.only)))
        return
    rows = []
    for name in application_classes():
        command = [sys.executable, __file__, "--only", name]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        rows.append(output.splitlines()[-1])
        print(rows[-1])
    rows.sort(key=lambda row: json.loads(row)["name"])
    document = {"keras": import_keras().__version__, "networks": "ROWS"}
    text = json.dumps(document, indent=1)
    TABLE.write_text(text.replace('"ROWS"', "[\n  " + ",\n  ".join(rows) + "\n ]") + "\n", "utf-8")


if __name__ == "__main__":
    main()

from __future__ import annotations

import importlib.util
import inspect
import json
from pathlib import Path
from types import ModuleType

import pytest

from lusscore.backbones import get_backbone, preprocessing_names
from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.networks.applications import TABLE, build_application, read_table

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = ROOT / "pipeline/tools/measure_applications.py"
    location = importlib.util.spec_from_file_location("measure_applications", path)
    assert location is not None
    assert location.loader is not None
    module = importlib.util.module_from_spec(location)
    location.loader.exec_module(module)
    return module


def test_the_table_has_every_image_network_of_keras() -> None:
    applications = import_keras().applications
    builders = {
        name
        for name, build in vars(applications).items()
        if callable(build) and "include_top" in inspect.signature(build).parameters
    }
    assert builders <= {spec.source for spec in read_table()}


@pytest.mark.parametrize(
    ("name", "size", "gigaflops", "embedding"),
    [
        ("xception", (299, 299), 16.8, 2048),
        ("resnet50", (224, 224), 7.7, 2048),
        ("vgg16", (224, 224), 30.7, 512),
    ],
)
def test_costs_are_the_known_ones(
    name: str, size: tuple[int, int], gigaflops: float, embedding: int
) -> None:
    spec = get_backbone(name)
    assert spec.flops == pytest.approx(gigaflops * 1e9, rel=0.01)
    assert (spec.input_size, spec.embedding_size) == (size, embedding)


def test_a_row_is_what_the_tool_measures(tool: ModuleType) -> None:
    rows = {row["name"]: row for row in json.loads(TABLE.read_text("utf-8"))["networks"]}
    assert tool.measure("MobileNetV3Small") == rows["mobilenet_v3_small"]


def test_flops_of_each_kind_of_layer_follow_their_definition(tool: ModuleType) -> None:
    keras = import_keras()
    layers = keras.layers
    inputs = keras.Input((8, 6, 4))
    x = layers.Conv2D(10, 3, padding="same")(inputs)
    x = layers.DepthwiseConv2D(5, padding="same")(x)
    x = layers.SeparableConv2D(12, 3, padding="valid")(x)
    x = layers.Conv2D(12, 3, groups=4, padding="same")(x)
    x = layers.Dense(5)(x)
    multiplications = (
        8 * 6 * 3 * 3 * 4 * 10
        + 8 * 6 * 5 * 5 * 10
        + 6 * 4 * (3 * 3 * 10 + 10 * 12)
        + 6 * 4 * 3 * 3 * 3 * 12
        + 6 * 4 * 12 * 5
    )
    assert tool.count_flops(keras.Model(inputs, x)) == 2 * multiplications


def test_every_row_is_complete() -> None:
    names = preprocessing_names()
    for spec in read_table():
        assert spec.preprocessing in names
        assert min(spec.parameters, spec.flops or 0, spec.embedding_size, *spec.input_size) > 0
        assert spec.cached_weights.endswith(".h5")


def test_a_built_network_gives_what_its_row_says() -> None:
    spec = get_backbone("mobilenet_v2")
    network = build_application(spec)
    assert network.count_params() == spec.parameters
    assert network.input_shape == (None, *spec.input_size, 3)
    assert network.output_shape == (None, spec.embedding_size)

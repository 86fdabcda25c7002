from __future__ import annotations

import hashlib
import importlib.util
import inspect
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from lusscore.backbones import (
    DEFAULT_BACKBONE,
    BackboneSpec,
    Engine,
    EngineChoice,
    backbone_names,
    get_backbone,
    load_weights,
    preprocessing_names,
    register_backbone,
)
from lusscore.backbones.applications import TABLE, build_application, read_table
from lusscore.backbones.efficientnet_lite0 import build_efficientnet_lite0
from lusscore.backbones.libraries import import_keras
from lusscore.backbones.registry import builder_of, registered_backbones
from lusscore.errors import BackboneError

ROOT = Path(__file__).resolve().parents[2]


def load_tool(name: str) -> ModuleType:
    location = importlib.util.spec_from_file_location(name, ROOT / f"pipeline/tools/{name}.py")
    assert location is not None
    assert location.loader is not None
    module = importlib.util.module_from_spec(location)
    location.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    return load_tool("measure_applications")


def test_a_name_cannot_be_registered_twice() -> None:
    spec = get_backbone("xception")
    with pytest.raises(BackboneError, match="'xception' is registered twice"):
        register_backbone(spec)(lambda spec: None)
    assert registered_backbones()["xception"] is spec


def test_one_registration_makes_a_backbone_known(toy_spec: BackboneSpec) -> None:
    assert get_backbone("toy") is toy_spec


def test_building_what_is_not_registered_says_so(lite0: BackboneSpec) -> None:
    with pytest.raises(BackboneError, match="'gone' is not registered in this process"):
        builder_of(replace(lite0, name="gone"))


def test_the_default_comes_first_then_the_networks_of_the_source_method() -> None:
    names = backbone_names()
    assert names[:4] == (DEFAULT_BACKBONE, "xception", "resnet50", "vgg16")
    assert list(names[4:]) == sorted(names[4:])
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["mobilenet_v3_large", "MobileNetV3Large", "MOBILENET-V3-LARGE"])
def test_spelling_of_a_name_does_not_matter(name: str) -> None:
    assert get_backbone(name).name == "mobilenet_v3_large"


def test_no_two_backbones_differ_in_spelling_only() -> None:
    for name in backbone_names():
        assert get_backbone(name.replace("_", "").upper()).name == name


def test_unknown_name_gives_near_matches_and_what_there_is() -> None:
    with pytest.raises(BackboneError) as caught:
        get_backbone("xceptoin")
    message = str(caught.value)
    assert "Unknown backbone 'xceptoin'; did you mean xception" in message
    assert "efficientnet_lite0, xception, resnet50, vgg16" in message
    assert "lusscore backbones --all" in message
    assert ".onnx" in message
    with pytest.raises(BackboneError) as caught:
        get_backbone("qqqqqqqq")
    assert "did you mean" not in str(caught.value)


def test_a_missing_onnx_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match=r"none\.onnx: there is no ONNX file here"):
        get_backbone(str(tmp_path / "none.onnx"))


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


REFERENCE = ROOT / "tests/backbones/reference/efficientnet_lite0.npz"


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return load_tool("convert_efficientnet_lite0").reference_images()


@pytest.fixture(scope="module")
def reference(images: np.ndarray) -> np.ndarray:
    with np.load(REFERENCE) as stored:
        assert hashlib.sha256(images.tobytes()).hexdigest() == str(stored["images_sha256"])
        return stored["embeddings"]


def assert_agrees(embeddings: np.ndarray, reference: np.ndarray) -> None:
    """1e-4 absolutely; relative to the largest value that is about 2e-5."""
    assert embeddings.shape == reference.shape == (6, 1280)
    assert np.abs(reference).max() > 4
    np.testing.assert_allclose(embeddings, reference, rtol=0, atol=1e-4)


@pytest.mark.slow
def test_openvino_agrees_with_the_published_pytorch_network(
    lite0_engine: Engine, images: np.ndarray, reference: np.ndarray
) -> None:
    assert_agrees(lite0_engine.embed(images), reference)


def test_keras_agrees_with_the_published_pytorch_network(
    lite0: BackboneSpec, images: np.ndarray, reference: np.ndarray
) -> None:
    with EngineChoice("keras").open(lite0, load_weights(lite0)) as engine:
        assert_agrees(engine.embed(images), reference)


def test_the_spec_has_the_cost_of_the_network(lite0: BackboneSpec, tool: ModuleType) -> None:
    network = build_efficientnet_lite0(lite0)
    assert network.count_params() == lite0.parameters
    assert tool.count_flops(network) == lite0.flops
    assert network.output_shape == (None, lite0.embedding_size)
